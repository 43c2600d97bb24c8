#include "agent/firewall/ipset_firewall.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/firewall/iptables_table.h"
#include "agent/firewall/jail_chain.h"
#include "agent/firewall/xtables_lock.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// Rounds up: better a second too long than an attempt too many.
uint32_t TimeoutUntil(absl::Time expire_time, absl::Time now) {
  if (expire_time == absl::InfiniteFuture()) return 0;
  const absl::Duration left = expire_time - now;
  const int64_t seconds = absl::ToInt64Seconds(left);
  return static_cast<uint32_t>(std::min<int64_t>(
      absl::Seconds(seconds) < left ? seconds + 1 : seconds, kMaxIpsetTimeout));
}

// What is to change in one set.
struct SetChanges {
  std::vector<IpsetElement> added;
  std::vector<IpsetElement> deleted;
};

// Changes sorted by set. Those of one set mostly come in a row, so each is
// found where the one before was.
class ChangesBySet {
 public:
  using Map = std::map<std::pair<std::string, Family>, SetChanges>;

  ChangesBySet(const FirewallChanges& changes, absl::Time now) {
    for (const FirewallBan& ban : changes.lifted) {
      SetOf(ban).deleted.push_back({ban.source});
    }
    for (const FirewallBan& ban : changes.imposed) {
      if (ban.expire_time <= now) {
        SetOf(ban).deleted.push_back({ban.source});
      } else {
        SetOf(ban).added.push_back(
            {ban.source, TimeoutUntil(ban.expire_time, now)});
      }
    }
  }

  const Map& sets() const { return sets_; }

 private:
  SetChanges& SetOf(const FirewallBan& ban) {
    const Family family = FamilyOf(ban.source);
    if (last_ == sets_.end() || last_->first.second != family ||
        last_->first.first != ban.jail) {
      last_ = sets_.try_emplace({ban.jail, family}).first;
    }
    return last_->second;
  }

  Map sets_;
  Map::iterator last_ = sets_.end();
};

Rejection RejectionIn(const std::string& chain, const OwnedRules& owned) {
  const auto rules = owned.chains.find(chain);
  if (rules == owned.chains.end()) return Rejection::kTcpReset;
  for (const TableRule& rule : rules->second) {
    if (rule.rejection.has_value()) return *rule.rejection;
  }
  return Rejection::kTcpReset;
}

}  // namespace

absl::StatusOr<std::unique_ptr<IpsetFirewall>> IpsetFirewall::Open(
    const JailSets::Capacity& capacity) {
  ASSIGN_OR_RETURN(std::unique_ptr<IpsetNetlink> ipset, IpsetNetlink::Open());
  return std::unique_ptr<IpsetFirewall>(
      new IpsetFirewall(std::move(ipset), capacity));
}

IpsetFirewall::IpsetFirewall(std::unique_ptr<IpsetNetlink> ipset,
                             const JailSets::Capacity& capacity)
    : ipset_(std::move(ipset)),
      table_families_(KernelFamilies()),
      sets_(*ipset_, capacity) {
  for (const Family family : table_families_) images_.emplace_back(family);
}

absl::Status IpsetFirewall::Apply(const FirewallChanges& changes,
                                  absl::Time now) {
  for (const JailRules& rules : changes.jails) {
    RETURN_IF_ERROR(ValidateRules(rules));
  }
  // Sets are filled before a rule names them, and rules go before their sets:
  // who is banned before and after gets in at no time between.
  absl::Status status;
  for (const JailRules& rules : changes.jails) {
    status.Update(sets_.Prepare(rules));
  }
  status.Update(ChangeBans(changes, now));
  if (!changes.jails.empty() || !changes.removed_jails.empty()) {
    status.Update(ChangeTables(changes));
  }
  // Even if the tables could not be changed: a set that a rule still names, the
  // kernel keeps.
  for (const std::string& jail : changes.removed_jails) {
    status.Update(sets_.Drop(jail));
  }
  return status;
}

absl::StatusOr<std::vector<TableRule>> IpsetFirewall::ChainFor(
    const JailRules& rules, Family family) {
  ASSIGN_OR_RETURN(const JailSets::Indexes sets,
                   sets_.IndexesOf(rules.name, family));
  // A reset answers TCP alone, so the rule itself must name it.
  return std::vector<TableRule>{
      {.source_set = sets.allowed},
      {.tcp = true, .source_set = sets.bans, .rejection = rules.rejection},
      {},
  };
}

absl::Status IpsetFirewall::ChangeTables(const FirewallChanges& changes) {
  absl::Status status;
  std::map<Family, std::vector<absl::StatusOr<std::vector<TableRule>>>> chains;
  for (const Family family : table_families_) {
    for (const JailRules& rules : changes.jails) {
      chains[family].push_back(ChainFor(rules, family));
      status.Update(chains[family].back().status());
    }
  }
  absl::StatusOr<XtablesLock> lock = XtablesLock::Acquire();
  if (!lock.ok()) return lock.status();
  for (const Family family : table_families_) {
    status.Update(ChangeTable(family, *lock, [&](OwnedRules& owned) {
      for (size_t i = 0; i < changes.jails.size(); ++i) {
        const auto& chain = chains[family][i];
        if (chain.ok()) PutJail(changes.jails[i], *chain, owned);
      }
      for (const std::string& jail : changes.removed_jails) {
        DropJail(jail, owned);
      }
    }));
  }
  return status;
}

absl::Status IpsetFirewall::ChangeBans(const FirewallChanges& changes,
                                       absl::Time now) {
  absl::Status status;
  const ChangesBySet sorted(changes, now);
  for (const auto& [set, of_set] : sorted.sets()) {
    const auto& [jail, family] = set;
    const absl::Status deleted =
        ipset_->Delete(JailSets::BanSet(jail, family), of_set.deleted);
    if (!absl::IsNotFound(deleted)) status.Update(deleted);
    status.Update(sets_.AddBans(jail, family, of_set.added));
  }
  return status;
}

absl::StatusOr<FirewallState> IpsetFirewall::Inspect(InspectDepth depth,
                                                     absl::Time now) {
  if (depth != InspectDepth::kRules) return InspectAll(depth, now);
  ASSIGN_OR_RETURN(Sight sight, Look());
  if (!sight.images.empty() && sight.images == last_.images &&
      sight.sets.IsLike(last_.sets)) {
    for (auto& [name, jail] : last_.state) {
      jail.ban_count = sight.sets.bans[name];
    }
    return last_.state;
  }
  last_ = {};
  ASSIGN_OR_RETURN(FirewallState state, InspectAll(depth, now));
  // What somebody changes meanwhile must not be taken for the state of before.
  ASSIGN_OR_RETURN(const Sight after, Look());
  if (after.images == sight.images && after.sets.IsLike(sight.sets)) {
    sight.state = state;
    last_ = std::move(sight);
  }
  return state;
}

absl::StatusOr<IpsetFirewall::Sight> IpsetFirewall::Look() {
  Sight sight;
  for (TableImage& image : images_) {
    sight.images.push_back(image.Take());
    if (!sight.images.back().empty()) continue;
    sight.images.clear();
    break;
  }
  ASSIGN_OR_RETURN(sight.sets, sets_.LookOver());
  return sight;
}

absl::StatusOr<FirewallState> IpsetFirewall::InspectAll(InspectDepth depth,
                                                        absl::Time now) {
  ASSIGN_OR_RETURN(std::set<std::string> jails, sets_.Jails());
  Tables tables;
  for (const Family family : table_families_) {
    ASSIGN_OR_RETURN(tables[family], ReadTable(family));
    jails.merge(JailsIn(tables[family]));
  }
  FirewallState state;
  for (const std::string& jail : jails) {
    ASSIGN_OR_RETURN(state[jail], InspectJail(jail, tables, depth, now));
  }
  return state;
}

absl::StatusOr<JailState> IpsetFirewall::InspectJail(const std::string& jail,
                                                     const Tables& tables,
                                                     InspectDepth depth,
                                                     absl::Time now) {
  JailState state = {.rules = {.name = jail}};
  for (const auto& [family, owned] : tables) {
    if (!state.rules.ports.empty()) break;
    state.rules.ports = PortsOf(jail, owned);
    state.rules.rejection = RejectionIn(ChainOf(jail), owned);
  }
  ASSIGN_OR_RETURN(state.rules.allowed, sets_.Allowed(jail));
  ASSIGN_OR_RETURN(const JailSets::Inventory sets, sets_.Count(jail));
  ASSIGN_OR_RETURN(const bool chains_stand, ChainsStand(state.rules, tables));
  state.intact = sets.complete && chains_stand;
  state.ban_count = sets.ban_count;
  if (depth == InspectDepth::kRules) return state;
  ASSIGN_OR_RETURN(const std::vector<IpsetElement> bans, sets_.Bans(jail));
  for (const IpsetElement& ban : bans) {
    state.bans[ban.network] = ban.timeout == 0
                                  ? absl::InfiniteFuture()
                                  : now + absl::Seconds(ban.timeout);
  }
  state.ban_count = state.bans.size();
  return state;
}

absl::StatusOr<bool> IpsetFirewall::ChainsStand(const JailRules& rules,
                                                const Tables& tables) {
  if (rules.ports.empty()) return false;
  for (const auto& [family, owned] : tables) {
    const absl::StatusOr<std::vector<TableRule>> chain =
        ChainFor(rules, family);
    if (absl::IsNotFound(chain.status())) return false;
    if (!chain.ok()) return chain.status();
    if (!JailStands(rules, *chain, owned)) return false;
  }
  return true;
}

absl::Status IpsetFirewall::Remove() {
  absl::StatusOr<XtablesLock> lock = XtablesLock::Acquire();
  if (!lock.ok()) return lock.status();
  absl::Status status;
  for (const Family family : table_families_) {
    status.Update(ChangeTable(family, *lock,
                              [](OwnedRules& owned) { owned = OwnedRules(); }));
  }
  status.Update(sets_.DropAll());
  return status;
}

}  // namespace mxban
