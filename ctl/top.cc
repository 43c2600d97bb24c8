#include "ctl/top.h"

#include <algorithm>

#include "common/status_macros.h"
#include "ctl/call.h"
#include "ctl/list.h"
#include "ctl/top_view.h"

namespace mxban::ctl {
namespace {

// ECMA-48: to the top left, and nothing below.
constexpr char kClearScreen[] = "\033[H\033[J";

// What a screen shows beside rows of sources and servers.
constexpr size_t kOtherLines = 6;

absl::StatusOr<v1::SummarizeFailuresResponse> Summarize(
    const Session& session, const v1::SummarizeFailuresRequest& request) {
  return Call(session, &v1::AdminService::StubInterface::SummarizeFailures,
              request);
}

}  // namespace

absl::Status ShowTop(const Session& session,
                     const v1::SummarizeFailuresRequest& request,
                     absl::FunctionRef<bool()> wait) {
  v1::SummarizeFailuresRequest wanted = request;
  if (session.IsLive() && request.limit() == 0) {
    const size_t rows = session.terminal_rows;
    wanted.set_limit(static_cast<int>(
        std::max<size_t>(1, (rows - std::min(rows, kOtherLines)) / 2)));
  }
  do {
    ASSIGN_OR_RETURN(const v1::SummarizeFailuresResponse summary,
                     Summarize(session, wanted));
    if (session.format == OutputFormat::kCsv) {
      return PrintRecords(session, summary.sources());
    }
    if (session.IsForPrograms()) return PrintRecord(session, summary);
    if (session.IsLive()) session.out << kClearScreen;
    PrintTop(summary, session.clock.TimeNow(), session.out);
    session.out.flush();
    RETURN_IF_ERROR(CheckOutput(session.out));
  } while (session.IsLive() && wait());
  return absl::OkStatus();
}

}  // namespace mxban::ctl
