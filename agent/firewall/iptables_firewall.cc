#include "agent/firewall/iptables_firewall.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/firewall/iptables_table.h"
#include "agent/firewall/jail_chain.h"
#include "agent/firewall/source_chain.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

bool Concerns(const FirewallChanges& changes, Family family) {
  const auto is_of_family = [family](const FirewallBan& ban) {
    return FamilyOf(ban.source) == family;
  };
  return !changes.jails.empty() || !changes.removed_jails.empty() ||
         std::any_of(changes.imposed.begin(), changes.imposed.end(),
                     is_of_family) ||
         std::any_of(changes.lifted.begin(), changes.lifted.end(),
                     is_of_family);
}

// What an edit of one family's table finds and makes. Lives for one edit:
// ChangeTable() may ask for another on a fresh table.
class Edit {
 public:
  Edit(Family family, const std::map<std::string, Rejection>& rejections,
       size_t max_bans, OwnedRules& owned)
      : family_(family),
        rejections_(rejections),
        max_bans_(max_bans),
        owned_(owned) {
    for (const std::string& jail : JailsIn(owned)) {
      const auto rules = owned.chains.find(ChainOf(jail));
      if (rules == owned.chains.end()) continue;
      chains_[jail] = SourceChain(rules->second);
      ban_count_ += chains_[jail].banned().size();
    }
  }

  void SetUp(const JailRules& rules) {
    SourceChain& chain = chains_[rules.name];
    chain.Allow(rules.allowed, family_);
    PutJail(rules, chain.ToRules(rules.rejection), owned_);
  }

  void Lift(const FirewallBan& ban) {
    const auto chain = Find(ban);
    if (chain != chains_.end() && chain->second.Unban(ban.source)) {
      --ban_count_;
      changed_.insert(ban.jail);
    }
  }

  void Impose(const FirewallBan& ban, absl::Time now) {
    const auto chain = Find(ban);
    if (FamilyOf(ban.source) != family_) return;
    if (ban.expire_time <= now) return Lift(ban);
    if (chain == chains_.end()) {
      status_.Update(
          absl::NotFoundError(absl::StrCat("no chain ", ChainOf(ban.jail))));
    } else if (ban.source.prefix_length() == 0) {
      status_.Update(absl::InternalError("cannot ban all addresses"));
    } else if (ban_count_ >= max_bans_ && !chain->second.IsBanned(ban.source)) {
      status_.Update(absl::ResourceExhaustedError(absl::StrCat(
          "cannot ban ", ban.source.ToString(), ": without ipset at most ",
          max_bans_, " sources can be refused")));
    } else if (chain->second.Ban(ban.source)) {
      ++ban_count_;
      changed_.insert(ban.jail);
    }
  }

  // Writes the changed chains back, and returns what could not be done.
  absl::Status Finish(const std::vector<std::string>& removed_jails) {
    for (const std::string& jail : changed_) {
      owned_.chains[ChainOf(jail)] = chains_[jail].ToRules(RejectionOf(jail));
    }
    for (const std::string& jail : removed_jails) DropJail(jail, owned_);
    return status_;
  }

 private:
  using Chains = std::map<std::string, SourceChain>;

  Chains::iterator Find(const FirewallBan& ban) {
    return FamilyOf(ban.source) == family_ ? chains_.find(ban.jail)
                                           : chains_.end();
  }

  Rejection RejectionOf(const std::string& jail) const {
    const auto told = rejections_.find(jail);
    if (told != rejections_.end()) return told->second;
    return chains_.at(jail).rejection().value_or(Rejection::kTcpReset);
  }

  const Family family_;
  const std::map<std::string, Rejection>& rejections_;
  const size_t max_bans_;
  OwnedRules& owned_;
  Chains chains_;
  size_t ban_count_ = 0;
  std::set<std::string> changed_;
  absl::Status status_;
};

}  // namespace

IptablesFirewall::IptablesFirewall(size_t max_bans,
                                   std::vector<Family> families)
    : max_bans_(max_bans), families_(std::move(families)) {}

absl::Status IptablesFirewall::Apply(const FirewallChanges& changes,
                                     absl::Time now) {
  for (const JailRules& rules : changes.jails) {
    RETURN_IF_ERROR(ValidateRules(rules));
  }
  for (const JailRules& rules : changes.jails) {
    rejections_[rules.name] = rules.rejection;
    std::vector<IpNetwork>& elsewhere = allowed_elsewhere_[rules.name] = {};
    for (const IpNetwork& network : rules.allowed) {
      if (!HasTable(FamilyOf(network))) elsewhere.push_back(network);
    }
  }
  absl::StatusOr<XtablesLock> lock = XtablesLock::Acquire();
  if (!lock.ok()) return lock.status();
  absl::Status status;
  for (const Family family : families_) {
    if (!Concerns(changes, family)) continue;
    status.Update(ApplyTo(family, *lock, changes, now));
  }
  for (const std::string& jail : changes.removed_jails) {
    rejections_.erase(jail);
    allowed_elsewhere_.erase(jail);
  }
  return status;
}

absl::Status IptablesFirewall::ApplyTo(Family family, const XtablesLock& lock,
                                       const FirewallChanges& changes,
                                       absl::Time now) {
  absl::Status undone;
  absl::Status status = ChangeTable(family, lock, [&](OwnedRules& owned) {
    Edit edit(family, rejections_, max_bans_, owned);
    for (const JailRules& rules : changes.jails) edit.SetUp(rules);
    for (const FirewallBan& ban : changes.lifted) edit.Lift(ban);
    for (const FirewallBan& ban : changes.imposed) edit.Impose(ban, now);
    undone = edit.Finish(changes.removed_jails);
  });
  status.Update(undone);
  return status;
}

absl::StatusOr<FirewallState> IptablesFirewall::Inspect(InspectDepth depth,
                                                        absl::Time /*now*/) {
  std::map<Family, OwnedRules> tables;
  std::set<std::string> jails;
  for (const Family family : families_) {
    ASSIGN_OR_RETURN(tables[family], ReadTable(family));
    jails.merge(JailsIn(tables[family]));
  }
  FirewallState state;
  for (const std::string& jail : jails) {
    state[jail] = InspectJail(jail, tables, depth);
  }
  return state;
}

JailState IptablesFirewall::InspectJail(
    const std::string& jail, const std::map<Family, OwnedRules>& tables,
    InspectDepth depth) const {
  JailState state = {.rules = {.name = jail}};
  size_t ban_count = 0;
  JailRules& rules = state.rules;
  std::optional<Rejection> rejection;
  std::map<Family, SourceChain> chains;
  for (const auto& [family, owned] : tables) {
    if (rules.ports.empty()) rules.ports = PortsOf(jail, owned);
    const auto chain = owned.chains.find(ChainOf(jail));
    if (chain == owned.chains.end()) continue;
    const SourceChain& sources = chains[family] = SourceChain(chain->second);
    rules.allowed.insert(rules.allowed.end(), sources.allowed().begin(),
                         sources.allowed().end());
    if (!rejection.has_value()) rejection = sources.rejection();
    ban_count += sources.banned().size();
    if (depth == InspectDepth::kRules) continue;
    for (const IpNetwork& source : sources.banned()) {
      state.bans[source] = std::nullopt;
    }
  }
  // Of a family without a table nobody can be counted.
  if (families_.size() == 2) state.ban_count = ban_count;
  const auto elsewhere = allowed_elsewhere_.find(jail);
  if (elsewhere != allowed_elsewhere_.end()) {
    rules.allowed.insert(rules.allowed.end(), elsewhere->second.begin(),
                         elsewhere->second.end());
  }
  SortAndMergeHalves(rules.allowed);
  const auto told = rejections_.find(jail);
  rules.rejection = rejection.value_or(
      told == rejections_.end() ? Rejection::kTcpReset : told->second);
  state.intact = std::all_of(tables.begin(), tables.end(), [&](const auto& t) {
    SourceChain wanted = chains[t.first];
    wanted.Allow(rules.allowed, t.first);
    return !rules.ports.empty() &&
           JailStands(rules, wanted.ToRules(rules.rejection), t.second);
  });
  return state;
}

bool IptablesFirewall::HasTable(Family family) const {
  return std::count(families_.begin(), families_.end(), family) > 0;
}

absl::Status IptablesFirewall::Remove() {
  absl::StatusOr<XtablesLock> lock = XtablesLock::Acquire();
  if (!lock.ok()) return lock.status();
  absl::Status status;
  for (const Family family : families_) {
    status.Update(ChangeTable(family, *lock,
                              [](OwnedRules& owned) { owned = OwnedRules(); }));
  }
  rejections_.clear();
  allowed_elsewhere_.clear();
  return status;
}

}  // namespace mxban
