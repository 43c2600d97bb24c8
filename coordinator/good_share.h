#ifndef MXBAN_COORDINATOR_GOOD_SHARE_H_
#define MXBAN_COORDINATOR_GOOD_SHARE_H_

// Bounds how many good senders of one jail are banned within a while: if they
// become many at once, it is the rule that is wrong, or an outage, and not they
// (`maxgoodshare`).
//
// The window is exact, and open at its old end. Time is an argument, never read
// from a clock. Memory is bounded by what is allowed.
//
// Thread-compatible.

#include <cstddef>
#include <deque>

#include "absl/time/time.h"

namespace mxban {

class GoodShare {
 public:
  static constexpr absl::Duration kWindow = absl::Minutes(10);

  // So many are always allowed, for in a small fleet one is a large share.
  static constexpr size_t kAlways = 3;

  // Whether one more good sender may be banned at `now`, when `good_sources`
  // are good, this one among them, and of these `share` at most. A share of 0
  // is no limit.
  bool Allows(absl::Time now, double share, size_t good_sources);

  // That a good sender was banned at `now`.
  void Record(absl::Time now);

 private:
  void Forget(absl::Time now);

  std::deque<absl::Time> bans_;  // Oldest first.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_GOOD_SHARE_H_
