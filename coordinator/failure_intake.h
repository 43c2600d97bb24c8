#ifndef MXBAN_COORDINATOR_FAILURE_INTAKE_H_
#define MXBAN_COORDINATOR_FAILURE_INTAKE_H_

// Lets each failure and each right login through once, at the time at which it
// counts.
//
// A failure is identified by the position of its line. What lies at or below
// the highest offset recorded for that log has been here before. A time in the
// future is read as now, so that a server whose clock is ahead does not expire
// what others reported; a failure older than the jail's window does not count,
// nor does one that was pardoned before it was told, nor a right login older
// than `goodtime`.
//
// Thread-compatible.

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/jail.h"
#include "coordinator/failure_report.h"
#include "coordinator/pardons.h"
#include "coordinator/store_records.h"

namespace mxban {

class FailureIntake {
 public:
  // `pardons` must outlive the intake.
  explicit FailureIntake(const Pardons& pardons) : pardons_(pardons) {}

  // Restores what `progress` says was recorded.
  void Load(const std::vector<LogProgress>& progress);

  // Leaves in `report` what is new, counts and is not ignored by `jail`, with
  // sources as they are banned, and remembers it as seen. Returns what is to be
  // recorded with it. `jail` is null for one that is not in force: then nothing
  // counts and nothing is remembered.
  LogProgress Accept(FailureReport& report, const Jail* jail, absl::Time now);

  // Forgets the positions of logs that were not heard of since `time`.
  void ForgetBefore(absl::Time time);

  // Since construction.
  struct Tally {
    uint64_t repeated = 0;  // Seen before.
    uint64_t too_old = 0;
    uint64_t ignored = 0;  // By ignoreip.
    uint64_t pardoned = 0;
  };
  const Tally& tally() const { return tally_; }

 private:
  // Whether `failure` counts; makes it so that it can be counted.
  bool Counts(const Jail& jail, absl::Time now, ReportedFailure& failure);

  const Pardons& pardons_;

  struct Recorded {
    uint64_t offset = 0;  // The highest.
    absl::Time time;      // Of its last change.
  };

  // By server, jail and log id.
  absl::flat_hash_map<std::tuple<std::string, std::string, std::string>,
                      Recorded>
      logs_;
  Tally tally_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FAILURE_INTAKE_H_
