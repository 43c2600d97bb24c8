#include "coordinator/failure_summary_convert.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/status_macros.h"
#include "common/time_convert.h"

namespace mxban {
namespace {

// The most sources, or servers, in a summary.
constexpr int32_t kMostFailing = 100;

v1::FailingSource SourceToProto(const FailureSummary::Source& failing,
                                const BanTable& table) {
  v1::FailingSource message;
  message.set_source(failing.source.ToString());
  message.set_failure_count(failing.failure_count);
  message.set_server_count(static_cast<uint32_t>(failing.servers.size()));
  for (const std::string& jail : failing.jails) message.add_jails(jail);
  *message.mutable_newest_time() = TimestampToProto(failing.newest);
  message.set_is_banned(!table.Covering(failing.source, "").empty());
  return message;
}

v1::FailingServer ServerToProto(const FailureSummary::Server& failing) {
  v1::FailingServer message;
  message.set_server_name(failing.name);
  message.set_failure_count(failing.failure_count);
  message.set_source_count(failing.source_count);
  return message;
}

}  // namespace

absl::StatusOr<RecentFailures::Selection> FailureSelectionFromProto(
    const v1::SummarizeFailuresRequest& message, absl::Time now) {
  RecentFailures::Selection selection;
  selection.jail = message.jail();
  if (message.limit() > 0) {
    selection.limit = std::min(message.limit(), kMostFailing);
  }
  if (message.has_window()) {
    ASSIGN_OR_RETURN(const absl::Duration window,
                     DurationFromProto(message.window()));
    if (window <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError("window: not positive");
    }
    selection.since = now - window;
  }
  return selection;
}

v1::SummarizeFailuresResponse FailureSummaryToProto(
    const FailureSummary& summary, const BanTable& table,
    absl::Time start_time) {
  v1::SummarizeFailuresResponse message;
  *message.mutable_start_time() =
      TimestampToProto(std::max(summary.since, start_time));
  message.set_failure_count(summary.failure_count);
  message.set_source_count(summary.source_count);
  for (const FailureSummary::Source& source : summary.sources) {
    *message.add_sources() = SourceToProto(source, table);
  }
  for (const FailureSummary::Server& server : summary.servers) {
    *message.add_servers() = ServerToProto(server);
  }
  return message;
}

}  // namespace mxban
