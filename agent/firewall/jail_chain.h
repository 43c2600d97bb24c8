#ifndef MXBAN_AGENT_FIREWALL_JAIL_CHAIN_H_
#define MXBAN_AGENT_FIREWALL_JAIL_CHAIN_H_

// What every backend does alike with legacy tables: a jail is one chain, and
// the jumps from INPUT that lead its ports there. What the chain says is the
// backend's own idea.

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/table_rule.h"

namespace mxban {

// `mxban-<jail>`.
std::string ChainOf(absl::string_view jail);

// INVALID_ARGUMENT for what the kernel would refuse or misunderstand: a name
// or a port range out of form, or no ports.
absl::Status ValidateRules(const JailRules& rules);

// The jumps for `rules`: several once they have more than kMaxPortSlots slots.
std::vector<TableRule> JumpsOf(const JailRules& rules);

// Sets the jail's chain and jumps, whatever stood there.
void PutJail(const JailRules& rules, std::vector<TableRule> chain,
             OwnedRules& owned);

// Takes the jail's chain and jumps away.
void DropJail(absl::string_view jail, OwnedRules& owned);

// The jails of which `owned` has a chain or a jump.
std::set<std::string> JailsIn(const OwnedRules& owned);

// The ports that lead to the jail now.
std::vector<PortRange> PortsOf(absl::string_view jail, const OwnedRules& owned);

// Whether PutJail() would change nothing, and the jumps are where they belong.
bool JailStands(const JailRules& rules, const std::vector<TableRule>& chain,
                const OwnedRules& owned);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_JAIL_CHAIN_H_
