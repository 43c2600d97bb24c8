#include "coordinator/good_share.h"

namespace mxban {

bool GoodShare::Allows(size_t banned, double share, size_t good_sources) {
  const size_t more = banned + 1;
  return share == 0 || more <= kAlways ||
         static_cast<double>(more) <= share * static_cast<double>(good_sources);
}

}  // namespace mxban
