#ifndef MXBAN_AGENT_FIREWALL_NFT_JAIL_H_
#define MXBAN_AGENT_FIREWALL_NFT_JAIL_H_

// How a jail looks in our nftables table: the jumps that lead its ports to its
// chain, the chain, the sets.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/nft_message.h"
#include "agent/firewall/nft_rule.h"

namespace mxban {

// The rules of the input chain that lead to the jail, one for each port range.
std::vector<NftRule> PortJumpsOf(const JailRules& rules);

// Whether a rule leads a port to a jail, and says nothing else.
bool IsPortJump(const NftRule& rule);

// The rules of a chain; none if it is not there.
const std::vector<NftRule>& RulesIn(const NftTable& table,
                                    absl::string_view chain);

// The jails of which a chain or a set is there.
std::set<std::string> JailsIn(const NftTable& table);

// The jail's sets that are of the right kind.
std::set<NftSet> SetsOf(absl::string_view jail, const NftTable& table);

// How the chain refuses; the default while it refuses nobody.
Rejection RejectionIn(const std::vector<NftRule>& chain);

// Whether the chain first lets all allowed sets return, then refuses all
// others, and nothing else.
bool ChainStands(const std::vector<NftRule>& chain,
                 const std::set<NftSet>& sets, Rejection rejection);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NFT_JAIL_H_
