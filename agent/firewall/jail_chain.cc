#include "agent/firewall/jail_chain.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/firewall/rule_codec.h"

namespace mxban {
namespace {

size_t SlotsOf(const PortRange& range) {
  return range.first == range.last ? 1 : 2;
}

TableRule Jump(absl::string_view jail, std::vector<PortRange> ports) {
  return {.tcp = true, .ports = std::move(ports), .jump = ChainOf(jail)};
}

std::vector<TableRule> JumpsTo(absl::string_view jail,
                               const OwnedRules& owned) {
  std::vector<TableRule> jumps;
  for (const TableRule& rule : owned.jumps) {
    if (rule.jump == ChainOf(jail)) jumps.push_back(rule);
  }
  return jumps;
}

bool JumpsLead(absl::string_view jail, const OwnedRules& owned) {
  return std::none_of(
      owned.jumps.begin() + owned.leading_jumps, owned.jumps.end(),
      [&](const TableRule& rule) { return rule.jump == ChainOf(jail); });
}

}  // namespace

std::string ChainOf(absl::string_view jail) {
  return absl::StrCat(kOwnPrefix, jail);
}

absl::Status ValidateRules(const JailRules& rules) {
  if (!IsFirewallName(rules.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no name for a chain: \"", rules.name, "\""));
  }
  if (rules.ports.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("jail ", rules.name, " closes no ports"));
  }
  for (const PortRange& range : rules.ports) {
    if (range.first <= range.last) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("jail ", rules.name, ": no port range: ", range.first, ":",
                     range.last));
  }
  return absl::OkStatus();
}

std::vector<TableRule> JumpsOf(const JailRules& rules) {
  std::vector<TableRule> jumps;
  std::vector<PortRange> ports;
  size_t slots = 0;
  for (const PortRange& range : rules.ports) {
    if (slots + SlotsOf(range) > kMaxPortSlots) {
      jumps.push_back(Jump(rules.name, std::exchange(ports, {})));
      slots = 0;
    }
    ports.push_back(range);
    slots += SlotsOf(range);
  }
  if (!ports.empty()) jumps.push_back(Jump(rules.name, std::move(ports)));
  return jumps;
}

void PutJail(const JailRules& rules, std::vector<TableRule> chain,
             OwnedRules& owned) {
  DropJail(rules.name, owned);
  owned.chains[ChainOf(rules.name)] = std::move(chain);
  for (TableRule& jump : JumpsOf(rules)) {
    owned.jumps.push_back(std::move(jump));
  }
  // By name, so that the order does not tell who came first.
  std::stable_sort(
      owned.jumps.begin(), owned.jumps.end(),
      [](const TableRule& a, const TableRule& b) { return a.jump < b.jump; });
}

void DropJail(absl::string_view jail, OwnedRules& owned) {
  const std::string chain = ChainOf(jail);
  owned.chains.erase(chain);
  std::erase_if(owned.jumps,
                [&](const TableRule& rule) { return rule.jump == chain; });
}

std::set<std::string> JailsIn(const OwnedRules& owned) {
  std::set<std::string> jails;
  for (const auto& [chain, rules] : owned.chains) {
    jails.emplace(absl::StripPrefix(chain, kOwnPrefix));
  }
  for (const TableRule& rule : owned.jumps) {
    jails.emplace(absl::StripPrefix(rule.jump, kOwnPrefix));
  }
  return jails;
}

std::vector<PortRange> PortsOf(absl::string_view jail,
                               const OwnedRules& owned) {
  std::vector<PortRange> ports;
  for (const TableRule& jump : JumpsTo(jail, owned)) {
    ports.insert(ports.end(), jump.ports.begin(), jump.ports.end());
  }
  return ports;
}

bool JailStands(const JailRules& rules, const std::vector<TableRule>& chain,
                const OwnedRules& owned) {
  const auto standing = owned.chains.find(ChainOf(rules.name));
  return standing != owned.chains.end() && standing->second == chain &&
         JumpsTo(rules.name, owned) == JumpsOf(rules) &&
         JumpsLead(rules.name, owned);
}

}  // namespace mxban
