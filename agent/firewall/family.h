#ifndef MXBAN_AGENT_FIREWALL_FAMILY_H_
#define MXBAN_AGENT_FIREWALL_FAMILY_H_

// The two address families: each has a table and sets of its own.

#include <vector>

#include "common/ip_network.h"

namespace mxban {

enum class Family { kIpv4, kIpv6 };

inline Family FamilyOf(const IpNetwork& network) {
  return network.is_ipv4() ? Family::kIpv4 : Family::kIpv6;
}

// How set names end: `4` or `6`.
inline char FamilyDigit(Family family) {
  return family == Family::kIpv4 ? '4' : '6';
}

// The families that this kernel speaks; without IPv6 there is nobody to refuse
// there and nothing to set up. IPv4 is always among them.
std::vector<Family> KernelFamilies();

// Sets and rules have no condition for a network of all addresses; its halves
// stand in for it. Appends `network`, or its halves.
void AppendKernelForm(const IpNetwork& network,
                      std::vector<IpNetwork>& networks);

// The way back: sorts `networks`, and replaces halves by the whole.
void SortAndMergeHalves(std::vector<IpNetwork>& networks);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_FAMILY_H_
