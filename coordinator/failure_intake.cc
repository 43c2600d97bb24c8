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

// The highest offset that `batch` tells of.
uint64_t EndOf(const FailureBatch& batch) {
  uint64_t end = 0;
  if (!batch.failures.empty()) end = batch.failures.back().end_offset;
  if (!batch.right_logins.empty()) {
    end = std::max(end, batch.right_logins.back().end_offset);
  }
  return end;
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
  const uint64_t end = EndOf(batch);
  if (jail == nullptr) {
    return {{},
            {},
            {server, std::move(batch.jail), std::move(batch.log_id), end, now}};
  }
  Recorded& recorded = logs_[{server, batch.jail, batch.log_id}];
  const uint64_t seen_before = recorded.offset;
  recorded.time = now;
  recorded.offset = std::max(recorded.offset, end);
  Accepted accepted;
  for (Failure& failure : batch.failures) {
    // Failures of one line share an offset, so all are measured against what
    // was recorded before this batch.
    if (failure.end_offset <= seen_before) {
      ++tally_.repeated;
    } else if (Counts(*jail, now, failure)) {
      accepted.failures.push_back(std::move(failure));
    }
  }
  // The agent may not know yet that the jail has lost its successregex.
  const bool wants_logins = !jail->filter.success_regexes.empty();
  for (RightLogin& login : batch.right_logins) {
    if (wants_logins && login.end_offset > seen_before &&
        AdmitLogin(*jail, now, login)) {
      accepted.right_logins.push_back(std::move(login));
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
