#ifndef MXBAN_COORDINATOR_RECENT_COUNT_H_
#define MXBAN_COORDINATOR_RECENT_COUNT_H_

// Counts what happened within the window that ends now, exactly; it is open at
// its old end.
//
// Time is an argument, never read from a clock. Memory is bounded by how often
// something is added within a window.
//
// Thread-compatible.

#include <cstdint>
#include <deque>

#include "absl/time/time.h"

namespace mxban {

class RecentCount {
 public:
  explicit RecentCount(absl::Duration window) : window_(window) {}

  // Notes that it happened `count` times at `time`.
  //
  // REQUIRES: `time` is not before that of an earlier call.
  void Add(absl::Time time, uint64_t count) {
    while (!added_.empty() && added_.front().time <= time - window_) {
      added_.pop_front();
    }
    added_.push_back({time, count});
  }

  // How often it happened within the window that ends at `now`.
  uint64_t CountAt(absl::Time now) const {
    uint64_t count = 0;
    for (auto added = added_.rbegin();
         added != added_.rend() && added->time > now - window_; ++added) {
      count += added->count;
    }
    return count;
  }

 private:
  struct Added {
    absl::Time time;
    uint64_t count = 0;
  };

  absl::Duration window_;
  std::deque<Added> added_;  // Oldest first.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RECENT_COUNT_H_
