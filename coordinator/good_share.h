#ifndef MXBAN_COORDINATOR_GOOD_SHARE_H_
#define MXBAN_COORDINATOR_GOOD_SHARE_H_

// Bounds how many good senders of one jail are banned within a while: if they
// become many at once, it is the rule that is wrong, or an outage, and not they
// (`maxgoodshare`). Pure.

#include <cstddef>

#include "absl/time/time.h"

namespace mxban {

struct GoodShare {
  static constexpr absl::Duration kWindow = absl::Minutes(10);

  // So many are always allowed, for in a small fleet one is a large share.
  static constexpr size_t kAlways = 3;

  // Whether one more good sender may be banned, where `banned` were within the
  // window and `good_sources` are good, of whom it is at most `share`. A share
  // of 0 is no limit.
  static bool Allows(size_t banned, double share, size_t good_sources);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_GOOD_SHARE_H_
