#include "common/network_set.h"

namespace mxban {

void NetworkSet::Insert(const IpNetwork& network) {
  networks_.insert(network);
  (network.is_ipv4() ? ipv4_widths_ : ipv6_widths_)
      .insert(network.prefix_length());
}

bool NetworkSet::Contains(const IpNetwork& network) const {
  for (const int width : network.is_ipv4() ? ipv4_widths_ : ipv6_widths_) {
    if (width > network.prefix_length()) return false;
    if (networks_.contains(network.Widened(width))) return true;
  }
  return false;
}

}  // namespace mxban
