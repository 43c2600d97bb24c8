#include "common/network_set.h"

#include "absl/algorithm/container.h"

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

// A network comes before those within it.
std::vector<IpNetwork> DisjointNetworks(std::vector<IpNetwork> networks) {
  absl::c_sort(networks, [](const IpNetwork& a, const IpNetwork& b) {
    if (a.is_ipv4() != b.is_ipv4()) return a.is_ipv4() < b.is_ipv4();
    if (!absl::c_equal(a.bytes(), b.bytes())) {
      return absl::c_lexicographical_compare(a.bytes(), b.bytes());
    }
    return a.prefix_length() < b.prefix_length();
  });
  std::vector<IpNetwork> kept;
  for (const IpNetwork& network : networks) {
    if (kept.empty() || !kept.back().Contains(network)) {
      kept.push_back(network);
    }
  }
  return kept;
}

}  // namespace mxban
