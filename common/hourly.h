#ifndef MXBAN_COMMON_HOURLY_H_
#define MXBAN_COMMON_HOURLY_H_

// What is to be done at once and then every hour.

#include "absl/time/time.h"

namespace mxban {

// Thread-compatible.
class Hourly {
 public:
  // Whether it is due at `now`; if so, not again for an hour.
  bool IsDue(absl::Time now) {
    if (now < next_) return false;
    next_ = now + absl::Hours(1);
    return true;
  }

 private:
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace mxban

#endif  // MXBAN_COMMON_HOURLY_H_
