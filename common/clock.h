#ifndef MXBAN_COMMON_CLOCK_H_
#define MXBAN_COMMON_CLOCK_H_

// Tells the time. Logic takes the time as an argument; only what drives it
// holds a Clock. The shape is that of Abseil's later absl::Clock.

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace mxban {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time TimeNow() const = 0;
};

class RealClock final : public Clock {
 public:
  absl::Time TimeNow() const override { return absl::Now(); }
};

}  // namespace mxban

#endif  // MXBAN_COMMON_CLOCK_H_
