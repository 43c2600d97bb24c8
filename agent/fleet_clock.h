#ifndef MXBAN_AGENT_FLEET_CLOCK_H_
#define MXBAN_AGENT_FLEET_CLOCK_H_

// What the coordinator's clock shows, as this server knows it: the server's own
// clock, set right by the difference between the two.
//
// Bans end, and failures count, by the coordinator's time. A server whose clock
// is an hour off would else lift a ban an hour early, or report failures that
// are too old to count. The stamps of its logs are by its own clock.
//
// Thread-safe.

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban {

class FleetClock final : public Clock {
 public:
  // Smaller differences are those of the journey, and of no consequence.
  static constexpr absl::Duration kTolerance = absl::Seconds(2);

  // `own` must outlive this. `uptime` is by a clock that nobody sets: with it
  // the fleet's time stands still when our own clock is set, as the
  // coordinator's was not.
  explicit FleetClock(const Clock& own,
                      std::function<absl::Duration()> uptime = nullptr)
      : own_(own), uptime_(std::move(uptime)) {
    absl::MutexLock lock(&mutex_);
    NoticeStep();
  }

  absl::Time TimeNow() const override { return own_.TimeNow() + ahead(); }

  // By how much the coordinator is ahead of us; 0 until it has been heard.
  absl::Duration ahead() const {
    absl::MutexLock lock(&mutex_);
    NoticeStep();
    return ahead_;
  }

  // The coordinator's clock shows `coordinator_time` at this moment.
  void Learn(absl::Time coordinator_time) {
    absl::MutexLock lock(&mutex_);
    NoticeStep();
    ahead_ = coordinator_time - own_.TimeNow();
    if (absl::AbsDuration(ahead_) < kTolerance) ahead_ = absl::ZeroDuration();
  }

 private:
  void NoticeStep() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (uptime_ == nullptr) return;
    const absl::Time start = own_.TimeNow() - uptime_();
    const absl::Duration step = start - start_.value_or(start);
    start_ = start;
    if (absl::AbsDuration(step) >= kTolerance) ahead_ -= step;
  }

  const Clock& own_;
  const std::function<absl::Duration()> uptime_;

  mutable absl::Mutex mutex_;
  mutable absl::Duration ahead_ ABSL_GUARDED_BY(mutex_);
  // When the machine started, by our own clock.
  mutable std::optional<absl::Time> start_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FLEET_CLOCK_H_
