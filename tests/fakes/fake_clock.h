#ifndef MXBAN_TESTS_FAKES_FAKE_CLOCK_H_
#define MXBAN_TESTS_FAKES_FAKE_CLOCK_H_

// A clock that stands still until it is moved.

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'795'420'800))
      : now_(now) {}

  absl::Time TimeNow() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_TESTS_FAKES_FAKE_CLOCK_H_
