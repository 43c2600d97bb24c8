#include "coordinator/failure_intake.h"

#include <algorithm>
#include <utility>

#include "common/ban_policy.h"

namespace mxban {
namespace {

// Stamps are whole seconds: one of a pardon's own second may be later than it.
absl::Time WholeSecond(absl::Time time) {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(time));
}

}  // namespace

void FailureIntake::Load(const std::vector<LogProgress>& progress) {
  logs_.clear();
  for (const LogProgress& log : progress) {
    logs_[{log.server, log.jail, log.log_id}] = {log.offset, log.time};
  }
}

FailureIntake::Accepted FailureIntake::Accept(const std::string& server,
                                              FailureBatch batch,
                                              const Jail* jail,
                                              absl::Time now) {
  if (jail == nullptr) {
    const uint64_t end =
        batch.failures.empty() ? 0 : batch.failures.back().end_offset;
    return {{},
            {server, std::move(batch.jail), std::move(batch.log_id), end, now}};
  }
  Recorded& recorded = logs_[{server, batch.jail, batch.log_id}];
  const uint64_t seen_before = recorded.offset;
  recorded.time = now;
  Accepted accepted;
  for (Failure& failure : batch.failures) {
    recorded.offset = std::max(recorded.offset, failure.end_offset);
    // Failures of one line share an offset, so all are measured against what
    // was recorded before this batch.
    if (failure.end_offset <= seen_before) {
      ++tally_.repeated;
    } else if (Admit(failure, *jail, now)) {
      accepted.failures.push_back(std::move(failure));
    }
  }
  accepted.progress = {server, std::move(batch.jail), std::move(batch.log_id),
                       recorded.offset, now};
  return accepted;
}

void FailureIntake::ForgetBefore(absl::Time time) {
  absl::erase_if(logs_,
                 [time](const auto& log) { return log.second.time < time; });
}

bool FailureIntake::Admit(Failure& failure, const Jail& jail, absl::Time now) {
  failure.time = std::min(failure.time, now);
  if (failure.time <= now - jail.find_time) {
    ++tally_.too_old;
    return false;
  }
  // What it is counted as may be wider, and hold what is never banned.
  const IpNetwork source = jail.SourceOf(failure.source);
  if (IsIgnored(jail, failure.source) || IsIgnored(jail, source)) {
    ++tally_.ignored;
    return false;
  }
  if (failure.time < WholeSecond(pardons_.NewestOf({jail.name, source}))) {
    ++tally_.pardoned;
    return false;
  }
  failure.source = source;
  return true;
}

}  // namespace mxban
