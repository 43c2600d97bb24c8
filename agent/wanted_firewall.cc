#include "agent/wanted_firewall.h"

#include <algorithm>

#include "absl/container/btree_set.h"
#include "absl/strings/match.h"

namespace mxban {
namespace {

// The kernel counts whole seconds, rounded up.
constexpr absl::Duration kExpirySlack = absl::Seconds(2);

bool Enforces(const JailState& state, const JailRules& rules) {
  return state.intact && state.rules == rules;
}

}  // namespace

bool WantedFirewall::SetJails(std::vector<Jail> jails) {
  absl::btree_map<std::string, Jail> wanted;
  for (Jail& jail : jails) wanted.emplace(jail.name, std::move(jail));
  if (has_jails_ && wanted == jails_) return false;
  jails_ = std::move(wanted);
  has_jails_ = true;
  return true;
}

void WantedFirewall::SetNeverBan(std::vector<IpNetwork> never_ban) {
  never_ban_ = std::move(never_ban);
  bans_.SetNeverBan(never_ban_);
}

size_t WantedFirewall::CountEnforced() const {
  size_t count = bans_.Count();
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) count -= bans_.CountIn(name);
  }
  return count;
}

FirewallChanges WantedFirewall::TakeChanges() {
  FirewallChanges changes;
  for (const BanKey& key : bans_.TakeChanged()) {
    const auto wanted = bans_.bans().find(key);
    FirewallBan ban;
    if (wanted == bans_.bans().end()) {
      if (ToFirewall(key, absl::InfiniteFuture(), ban)) {
        changes.lifted.push_back(ban);
      }
    } else if (ToFirewall(key, wanted->second, ban)) {
      changes.imposed.push_back(ban);
    }
  }
  return changes;
}

FirewallChanges WantedFirewall::Difference(FirewallState actual,
                                           bool probes_stay,
                                           absl::Time now) const {
  FirewallChanges changes;
  absl::btree_set<std::string> wanted_jails;
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) continue;
    JailRules rules = RulesOf(jail);
    wanted_jails.insert(rules.name);
    if (!Enforces(actual[rules.name], rules)) {
      changes.jails.push_back(std::move(rules));
    }
  }
  ImposeMissing(actual, now, changes);
  // Whatever is left is not wanted.
  for (const auto& [name, state] : actual) {
    if (!wanted_jails.contains(name)) {
      const bool is_probe = absl::StartsWith(name, kProbePrefix);
      if (!is_probe || !probes_stay) changes.removed_jails.push_back(name);
      continue;
    }
    for (const auto& [source, expire_time] : state.bans) {
      changes.lifted.push_back({name, source});
    }
  }
  return changes;
}

// Takes the bans that are wanted out of `actual`.
void WantedFirewall::ImposeMissing(FirewallState& actual, absl::Time now,
                                   FirewallChanges& changes) const {
  for (const auto& [key, expire_time] : bans_.bans()) {
    FirewallBan ban;
    if (!ToFirewall(key, expire_time, ban)) continue;
    auto& standing = actual[ban.jail].bans;
    const auto found = standing.find(ban.source);
    if (found == standing.end()) {
      // What is about to end may be over for the kernel already.
      if (expire_time > now + kExpirySlack) changes.imposed.push_back(ban);
      continue;
    }
    if (!EndStands(found->second, expire_time, now)) {
      changes.imposed.push_back(ban);
    }
    standing.erase(found);
  }
}

bool WantedFirewall::RulesStand(const FirewallState& actual,
                                absl::Time now) const {
  // What is about to change, or to expire, may be there or not.
  const size_t uncertain =
      bans_.changed_count() + bans_.EndingBy(now + kExpirySlack);
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) continue;
    const JailRules rules = RulesOf(jail);
    const auto found = actual.find(rules.name);
    if (found == actual.end() || !Enforces(found->second, rules)) return false;
    const size_t wanted = bans_.CountIn(name);
    const size_t standing = found->second.ban_count.value_or(wanted);
    if (standing + uncertain < wanted) return false;
  }
  return true;
}

bool WantedFirewall::ToFirewall(const BanKey& key, absl::Time expire_time,
                                FirewallBan& ban) const {
  const auto jail = jails_.find(key.jail);
  if (jail == jails_.end() || jail->second.dry_run ||
      bans_.IsSpared(key.source)) {
    return false;
  }
  ban = {FirewallName(jail->second.enforcement.name), key.source, expire_time};
  return true;
}

JailRules WantedFirewall::RulesOf(const Jail& jail) const {
  JailRules rules = {FirewallName(jail.enforcement.name),
                     jail.enforcement.ports, jail.enforcement.rejection,
                     jail.ignored_networks};
  rules.allowed.insert(rules.allowed.end(), never_ban_.begin(),
                       never_ban_.end());
  std::sort(rules.allowed.begin(), rules.allowed.end());
  rules.allowed.erase(std::unique(rules.allowed.begin(), rules.allowed.end()),
                      rules.allowed.end());
  return rules;
}

}  // namespace mxban
