#include "coordinator/good_share.h"

namespace mxban {

bool GoodShare::Allows(size_t banned, double share, size_t good_sources) {
  const size_t more = banned + 1;
  return share == 0 || more <= kAlways ||
         static_cast<double>(more) <= share * static_cast<double>(good_sources);
}

void GoodShare::Add(absl::Time time, size_t count) {
  while (!bans_.empty() && bans_.front().first <= time - kWindow) {
    bans_.pop_front();
  }
  bans_.emplace_back(time, count);
}

size_t GoodShare::CountAt(absl::Time now) const {
  size_t banned = 0;
  for (const auto& [time, count] : bans_) {
    if (time > now - kWindow) banned += count;
  }
  return banned;
}

}  // namespace mxban
