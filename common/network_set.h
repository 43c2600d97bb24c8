#ifndef MXBAN_COMMON_NETWORK_SET_H_
#define MXBAN_COMMON_NETWORK_SET_H_

// Tells whether an address lies in any of many networks: one look for each
// width that occurs among them, however many there are.
//
// Thread-compatible.

#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "common/ip_network.h"

namespace mxban {

class NetworkSet {
 public:
  NetworkSet() = default;
  explicit NetworkSet(absl::Span<const IpNetwork> networks) {
    for (const IpNetwork& network : networks) Insert(network);
  }

  void Insert(const IpNetwork& network);

  // Whether all of `network` lies in one of the set.
  bool Contains(const IpNetwork& network) const;

  bool empty() const { return networks_.empty(); }

 private:
  absl::flat_hash_set<IpNetwork> networks_;
  absl::btree_set<int> ipv4_widths_;
  absl::btree_set<int> ipv6_widths_;
};

// Sorts, and drops what lies within another one.
std::vector<IpNetwork> DisjointNetworks(std::vector<IpNetwork> networks);

}  // namespace mxban

#endif  // MXBAN_COMMON_NETWORK_SET_H_
