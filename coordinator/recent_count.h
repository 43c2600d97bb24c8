#ifndef MXBAN_COORDINATOR_RECENT_COUNT_H_
#define MXBAN_COORDINATOR_RECENT_COUNT_H_

// Counts what happened within the window that ends now, exactly; it is open at
// its old end.
//
// Time is an argument, never read from a clock. One that is set back makes what
// was just now still count, for at most another window. Memory is bounded by
// how often something is added within a window.
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
  void Add(absl::Time time, uint64_t count) {
    while (!added_.empty() && added_.front().time <= time - window_) {
      added_.pop_front();
    }
    while (!added_.empty() && added_.back().time > time) {
      if (added_.back().time <= time + window_) count += added_.back().count;
      added_.pop_back();
    }
    added_.push_back({time, count});
  }

  // How often it happened within the window that ends at `now`.
  uint64_t CountAt(absl::Time now) const {
    uint64_t count = 0;
    for (auto added = added_.rbegin();
         added != added_.rend() && added->time > now - window_; ++added) {
      if (added->time <= now + window_) count += added->count;
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
