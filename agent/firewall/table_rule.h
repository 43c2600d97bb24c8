#ifndef MXBAN_AGENT_FIREWALL_TABLE_RULE_H_
#define MXBAN_AGENT_FIREWALL_TABLE_RULE_H_

// The rules of a filter table that are ours, as values: what the kernel has is
// compared with what it should have before anything is written. RuleCodec
// knows their bytes, IptablesTable puts them in place.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "agent/firewall/firewall.h"
#include "common/ip_network.h"
#include "common/jail.h"

namespace mxban {

// How every chain and set of ours begins.
inline constexpr absl::string_view kOwnPrefix = "mxban-";

// Whether a chain of this name is ours: the prefix and an IsFirewallName().
// Whatever else begins like ours is somebody else's.
inline bool IsOwnChain(absl::string_view name) {
  return absl::ConsumePrefix(&name, kOwnPrefix) && IsFirewallName(name);
}

// One rule. A packet that meets all conditions is rejected, or goes on in
// another chain, or returns.
struct TableRule {
  bool tcp = false;                    // -p tcp
  std::optional<IpNetwork> source;     // -s
  std::vector<PortRange> ports;        // -m multiport --dports; empty: any.
  std::optional<uint16_t> source_set;  // -m set --match-set ... src, by index.

  std::optional<Rejection> rejection;  // -j REJECT or -j DROP; else:
  std::string jump;                    // -j CHAIN; empty: -j RETURN.

  // The rule as the kernel has it, if it says more than the fields above can:
  // somebody else's hand. Then only `jump` is filled in beside it.
  std::string opaque;

  friend bool operator==(const TableRule&, const TableRule&) = default;

  // What tells apart the many rules of one chain.
  template <typename H>
  friend H AbslHashValue(H h, const TableRule& rule) {
    return H::combine(std::move(h), rule.source.value_or(IpNetwork()),
                      rule.jump, rule.opaque);
  }
};

// Everything of ours in the filter table of one family.
struct OwnedRules {
  std::vector<TableRule> jumps;  // From INPUT to our chains, in order.

  // How many of `jumps` stand at the head of INPUT, before any foreign rule.
  size_t leading_jumps = 0;

  std::map<std::string, std::vector<TableRule>> chains;

  friend bool operator==(const OwnedRules&, const OwnedRules&) = default;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_TABLE_RULE_H_
