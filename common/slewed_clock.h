#ifndef MXBAN_COMMON_SLEWED_CLOCK_H_
#define MXBAN_COMMON_SLEWED_CLOCK_H_

// The wall clock without its jumps.
//
// Whoever counts failures within ten minutes must not be told that an hour has
// passed, or has not, because somebody set the clock. This one goes on as fast
// as the machine's uptime, and catches up with a wall clock that was set by a
// tenth of its pace: an hour takes ten hours. It never goes back.
//
// Thread-safe.

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban {

// Time since the machine started, suspended or not; nobody sets it.
absl::Duration Uptime();

class SlewedClock final : public Clock {
 public:
  // Shows what `wall` shows now. `wall` must outlive this.
  explicit SlewedClock(const Clock& wall,
                       std::function<absl::Duration()> uptime = Uptime);

  absl::Time TimeNow() const override;

 private:
  const Clock& wall_;
  const std::function<absl::Duration()> uptime_;

  mutable absl::Mutex mutex_;
  mutable absl::Duration last_uptime_ ABSL_GUARDED_BY(mutex_);
  mutable absl::Time last_time_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COMMON_SLEWED_CLOCK_H_
