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
    } else if (Counts(*jail, now, failure)) {
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

bool FailureIntake::Counts(const Jail& jail, absl::Time now, Failure& failure) {
  switch (Admit(jail, now, failure)) {
    case Admission::kTooOld:
      ++tally_.too_old;
      return false;
    case Admission::kIgnored:
      ++tally_.ignored;
      return false;
    case Admission::kCounts:
      break;
  }
  const absl::Time pardoned = pardons_.NewestOf({jail.name, failure.source});
  if (failure.time >= WholeSecond(pardoned)) return true;
  ++tally_.pardoned;
  return false;
}

}  // namespace mxban
