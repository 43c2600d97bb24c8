#include "agent/firewall/nft_jail.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "agent/firewall/jail_chain.h"
#include "agent/firewall/table_rule.h"

namespace mxban {

std::vector<NftRule> PortJumpsOf(const JailRules& rules) {
  std::vector<NftRule> jumps;
  for (const PortRange& ports : rules.ports) {
    jumps.push_back({.ports = ports, .jump = ChainOf(rules.name)});
  }
  return jumps;
}

bool IsPortJump(const NftRule& rule) {
  return !rule.opaque && rule.ports.has_value() && !rule.source.has_value() &&
         !rule.rejection.has_value() && IsOwnChain(rule.jump);
}

const std::vector<NftRule>& RulesIn(const NftTable& table,
                                    absl::string_view chain) {
  static const std::vector<NftRule> kNone;
  const auto found = table.chains.find(std::string(chain));
  return found == table.chains.end() ? kNone : found->second;
}

std::set<std::string> JailsIn(const NftTable& table) {
  std::set<std::string> jails;
  for (const auto& [chain, rules] : table.chains) {
    if (IsOwnChain(chain)) {
      jails.emplace(absl::StripPrefix(chain, kOwnPrefix));
    }
  }
  for (const auto& [set, is_right] : table.sets) jails.insert(set.jail);
  return jails;
}

std::set<NftSet> SetsOf(absl::string_view jail, const NftTable& table) {
  std::set<NftSet> sets;
  for (const auto& [set, is_right] : table.sets) {
    if (set.jail == jail && is_right) sets.insert(set);
  }
  return sets;
}

Rejection RejectionIn(const std::vector<NftRule>& chain) {
  for (const NftRule& rule : chain) {
    if (rule.rejection.has_value()) return *rule.rejection;
  }
  return Rejection::kTcpReset;
}

bool ChainStands(const std::vector<NftRule>& chain,
                 const std::set<NftSet>& sets, Rejection rejection) {
  std::set<NftSet> left = sets;
  bool refuses = false;
  for (const NftRule& rule : chain) {
    if (!rule.source.has_value() || left.erase(*rule.source) == 0) return false;
    refuses |= !rule.source->allowed;
    NftRule wanted = {.source = rule.source};
    if (refuses) wanted.rejection = rejection;
    if (rule != wanted || refuses == rule.source->allowed) return false;
  }
  return left.empty();
}

}  // namespace mxban
