#include "coordinator/good_share.h"

#include <algorithm>

namespace mxban {

bool GoodShare::Allows(absl::Time now, double share, size_t good_sources) {
  if (share == 0) return true;
  Forget(now);
  const size_t more = bans_.size() + 1;
  return more <= kAlways ||
         static_cast<double>(more) <= share * static_cast<double>(good_sources);
}

void GoodShare::Record(absl::Time now) {
  Forget(now);
  bans_.insert(std::upper_bound(bans_.begin(), bans_.end(), now), now);
}

void GoodShare::Forget(absl::Time now) {
  while (!bans_.empty() && bans_.front() <= now - kWindow) bans_.pop_front();
}

}  // namespace mxban
