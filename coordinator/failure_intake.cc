#include "coordinator/failure_intake.h"

#include <algorithm>

#include "common/ban.h"
#include "common/ban_policy.h"

namespace mxban {

void FailureIntake::Load(const std::vector<LogProgress>& progress) {
  logs_.clear();
  for (const LogProgress& log : progress) {
    logs_[{log.server, log.jail, log.log_id}] = {log.offset, log.time};
  }
}

LogProgress FailureIntake::Accept(FailureReport& report, const Jail* jail,
                                  absl::Time now) {
  LogProgress progress = {report.server(), report.jail(), report.log_id(),
                          report.end_offset(), now};
  if (jail == nullptr) {
    report.failures().clear();
    report.right_logins().clear();
    return progress;
  }
  Recorded& recorded = logs_[{report.server(), report.jail(), report.log_id()}];
  const uint64_t seen_before = recorded.offset;
  recorded.time = now;
  recorded.offset = std::max(recorded.offset, progress.offset);
  progress.offset = recorded.offset;
  std::erase_if(report.failures(), [&](ReportedFailure& failure) {
    // Failures of one line share an offset, so all are measured against what
    // was recorded before this batch.
    if (failure.end_offset > seen_before) return !Counts(*jail, now, failure);
    ++tally_.repeated;
    return true;
  });
  // The agent may not know yet that the jail has lost its successregex.
  const bool wants_logins = !jail->filter.success_regexes.empty();
  std::erase_if(report.right_logins(), [&](RightLogin& login) {
    return !wants_logins || login.end_offset <= seen_before ||
           !AdmitLogin(*jail, now, login);
  });
  return progress;
}

void FailureIntake::ForgetBefore(absl::Time time) {
  absl::erase_if(logs_,
                 [time](const auto& log) { return log.second.time < time; });
}

bool FailureIntake::Counts(const Jail& jail, absl::Time now,
                           ReportedFailure& failure) {
  switch (Admit(jail, now, failure.time, failure.source)) {
    case Admission::kTooOld:
      ++tally_.too_old;
      return false;
    case Admission::kIgnored:
      ++tally_.ignored;
      return false;
    case Admission::kCounts:
      break;
  }
  if (!pardons_.Covers({jail.name, failure.source}, failure.time)) return true;
  ++tally_.pardoned;
  return false;
}

}  // namespace mxban
