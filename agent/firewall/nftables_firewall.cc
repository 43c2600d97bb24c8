#include "agent/firewall/nftables_firewall.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "agent/firewall/jail_chain.h"
#include "agent/firewall/nft_jail.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// What one transaction changes at most; the next goes on. Three times as much
// must fit the room of a socket that could not be widened.
constexpr size_t kMaxTransaction = kMaxNftElements;

// Others may commit while we read and write, and elements end.
constexpr int kAttempts = 10;

using ElementsBySet = std::map<NftSet, std::vector<NftElement>>;

// Bans of one set mostly come in a row, so each is found where the one before
// was.
class BansBySet {
 public:
  void Add(const FirewallBan& ban, absl::Duration timeout) {
    const NftSet* set = last_ == sets_.end() ? nullptr : &last_->first;
    if (set == nullptr || set->jail != ban.jail ||
        set->family != FamilyOf(ban.source) ||
        set->prefix_length != ban.source.prefix_length()) {
      last_ =
          sets_
              .try_emplace(NftSet::For(ban.jail, /*allowed=*/false, ban.source))
              .first;
    }
    last_->second.push_back({ban.source, timeout});
  }

  const ElementsBySet& sets() const { return sets_; }

 private:
  ElementsBySet sets_;
  ElementsBySet::iterator last_ = sets_.end();
};

// Calls `commit` with one transaction after another; returns the first error.
template <typename Commit>
absl::Status InParts(absl::Span<const NftElement> elements, Commit commit) {
  absl::Status status;
  while (!elements.empty()) {
    const auto part =
        elements.first(std::min(kMaxTransaction, elements.size()));
    elements.remove_prefix(part.size());
    status.Update(commit(part));
  }
  return status;
}

// What is there twice is wanted as it was said last.
std::vector<NftElement> LastOfEach(absl::Span<const NftElement> elements) {
  absl::flat_hash_map<IpNetwork, absl::Duration> last;
  for (const NftElement& element : elements) {
    last[element.network] = element.timeout;
  }
  std::vector<NftElement> each;
  for (const auto& [network, timeout] : last)
    each.push_back({network, timeout});
  return each;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NftablesFirewall>> NftablesFirewall::Open() {
  ASSIGN_OR_RETURN(std::unique_ptr<NftNetlink> kernel, NftNetlink::Open());
  return std::unique_ptr<NftablesFirewall>(
      new NftablesFirewall(std::move(kernel)));
}

absl::Status NftablesFirewall::Apply(const FirewallChanges& changes,
                                     absl::Time now) {
  for (const JailRules& rules : changes.jails) {
    RETURN_IF_ERROR(ValidateRules(rules));
  }
  BansBySet lifted;
  BansBySet imposed;
  for (const FirewallBan& ban : changes.lifted) {
    lifted.Add(ban, absl::InfiniteDuration());
  }
  for (const FirewallBan& ban : changes.imposed) {
    if (ban.expire_time <= now) {
      lifted.Add(ban, absl::InfiniteDuration());
    } else {
      imposed.Add(ban, ban.expire_time - now);
    }
  }
  absl::Status status;
  if (!changes.jails.empty()) {
    status = ChangeJails({.jails = changes.jails});
  }
  for (const auto& [set, bans] : lifted.sets()) status.Update(Lift(set, bans));
  for (const auto& [set, bans] : imposed.sets()) {
    status.Update(Impose(set, bans));
  }
  if (!changes.removed_jails.empty()) {
    status.Update(ChangeJails({.removed_jails = changes.removed_jails}));
  }
  return status;
}

absl::Status NftablesFirewall::ChangeJails(const FirewallChanges& changes) {
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = TryToChangeJails(changes);
    if (!absl::IsUnavailable(status)) break;
  }
  return status;
}

// One transaction: input is written anew, chains of changed jails too. Between
// the old and the new state there is nothing.
absl::Status NftablesFirewall::TryToChangeJails(
    const FirewallChanges& changes) {
  ASSIGN_OR_RETURN(const uint32_t generation, kernel_->Generation());
  ASSIGN_OR_RETURN(const NftTable table, kernel_->Read());
  std::map<std::string, std::vector<NftRule>> jumps;  // By chain.
  for (const NftRule& rule : RulesIn(table, kNftInput)) {
    if (IsPortJump(rule)) jumps[rule.jump].push_back(rule);
  }
  const std::string input(kNftInput);
  NftBatch batch(generation);
  batch.PutTable();
  if (table.chains.contains(input) && !table.input_stands) {
    batch.FlushChain(input);
    batch.DeleteChain(input);
  }
  batch.PutInput();
  for (const JailRules& rules : changes.jails) {
    RETURN_IF_ERROR(PutJail(rules, table, batch));
    jumps[ChainOf(rules.name)] = PortJumpsOf(rules);
  }
  std::set<std::string> left = JailsIn(table);
  for (const std::string& jail : changes.removed_jails) {
    jumps.erase(ChainOf(jail));
    left.erase(jail);
  }
  if (left.empty() && changes.jails.empty()) return Remove();
  batch.FlushChain(input);
  for (const auto& [chain, rules] : jumps) {
    for (const NftRule& rule : rules) batch.PutRule(input, rule);
  }
  for (const std::string& jail : changes.removed_jails) {
    DropJail(jail, table, batch);
    known_.erase(jail);
  }
  return kernel_->Commit(std::move(batch));
}

void NftablesFirewall::DropJail(const std::string& jail, const NftTable& table,
                                NftBatch& batch) {
  const std::string chain = ChainOf(jail);
  if (table.chains.contains(chain)) {
    batch.FlushChain(chain);
    batch.DeleteChain(chain);
  }
  for (const auto& [set, is_right] : table.sets) {
    if (set.jail == jail) batch.DeleteSet(set);
  }
}

absl::Status NftablesFirewall::PutJail(const JailRules& rules,
                                       const NftTable& table, NftBatch& batch) {
  const std::string chain = ChainOf(rules.name);
  batch.PutChain(chain);
  batch.FlushChain(chain);
  for (const auto& [set, is_right] : table.sets) {
    if (set.jail == rules.name && !is_right) batch.DeleteSet(set);
  }
  std::set<NftSet> sets = {{.jail = rules.name}};
  for (const NftSet& set : SetsOf(rules.name, table)) {
    if (!set.allowed) sets.insert(set);
  }
  for (const IpNetwork& network : rules.allowed) {
    sets.insert(NftSet::For(rules.name, /*allowed=*/true, network));
  }
  for (const NftSet& set : sets) batch.PutSet(set);
  // Whom a jail never refuses comes first.
  for (const bool allowed : {true, false}) {
    for (const NftSet& set : sets) {
      if (set.allowed != allowed) continue;
      NftRule rule = {.source = set};
      if (!allowed) rule.rejection = rules.rejection;
      batch.PutRule(chain, rule);
    }
  }
  known_[rules.name] = {rules.rejection, sets};
  return PutAllowed(rules, table, batch);
}

absl::Status NftablesFirewall::PutAllowed(const JailRules& rules,
                                          const NftTable& table,
                                          NftBatch& batch) {
  std::map<NftSet, std::vector<NftElement>> wanted;
  for (const IpNetwork& network : rules.allowed) {
    wanted[NftSet::For(rules.name, /*allowed=*/true, network)].push_back(
        {network});
  }
  for (const NftSet& set : SetsOf(rules.name, table)) {
    if (!set.allowed) continue;
    if (!wanted.contains(set)) {
      batch.DeleteSet(set);
      continue;
    }
    ASSIGN_OR_RETURN(const std::vector<NftElement> standing,
                     kernel_->Elements(set));
    batch.DeleteElements(set, standing);
  }
  for (const auto& [set, networks] : wanted) {
    batch.PutElements(set, networks, NftBatch::Presence::kNew);
  }
  return absl::OkStatus();
}

// Deleting what is absent would fail, and a batch that fails keeps the kernel
// busy for a grace period: so it is put before, in the same batch.
absl::Status NftablesFirewall::Lift(const NftSet& set,
                                    absl::Span<const NftElement> bans) {
  const absl::StatusOr<KnownJail*> jail = Learn(set.jail);
  if (absl::IsNotFound(jail.status())) return absl::OkStatus();
  if (!jail.ok()) return jail.status();
  if (!(*jail)->sets.contains(set)) return absl::OkStatus();
  return InParts(bans, [&](auto part) {
    const std::vector<NftElement> each = LastOfEach(part);
    absl::Status status;
    // One that ends of itself between the two makes the batch fail.
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      NftBatch batch;
      batch.PutElements(set, each, NftBatch::Presence::kAny);
      batch.DeleteElements(set, each);
      status = kernel_->Commit(std::move(batch));
      if (!absl::IsNotFound(status)) break;
    }
    return status;
  });
}

// Kernels before 6.12 keep the end of an element that is put again.
absl::Status NftablesFirewall::Impose(const NftSet& set,
                                      absl::Span<const NftElement> bans) {
  RETURN_IF_ERROR(PutBanSet(set));
  return InParts(bans, [&](auto part) {
    NftBatch batch;
    batch.PutElements(set, part, NftBatch::Presence::kNew);
    const absl::Status added = kernel_->Commit(std::move(batch));
    if (!absl::IsAlreadyExists(added)) return added;
    const std::vector<NftElement> each = LastOfEach(part);
    NftBatch again;
    again.PutElements(set, each, NftBatch::Presence::kAny);
    again.DeleteElements(set, each);
    again.PutElements(set, each, NftBatch::Presence::kNew);
    return kernel_->Commit(std::move(again));
  });
}

absl::Status NftablesFirewall::PutBanSet(const NftSet& set) {
  ASSIGN_OR_RETURN(KnownJail* const jail, Learn(set.jail));
  if (jail->sets.contains(set)) return absl::OkStatus();
  NftBatch batch;
  batch.PutSet(set);
  batch.PutRule(ChainOf(set.jail),
                {.source = set, .rejection = jail->rejection});
  RETURN_IF_ERROR(kernel_->Commit(std::move(batch)));
  jail->sets.insert(set);
  return absl::OkStatus();
}

absl::StatusOr<NftablesFirewall::KnownJail*> NftablesFirewall::Learn(
    const std::string& jail) {
  const auto known = known_.find(jail);
  if (known != known_.end()) return &known->second;
  ASSIGN_OR_RETURN(const NftTable table, kernel_->Read());
  const std::string chain = ChainOf(jail);
  if (!table.chains.contains(chain)) {
    return absl::NotFoundError(absl::StrCat("no chain ", chain));
  }
  Know(jail, RejectionIn(RulesIn(table, chain)), table);
  return &known_[jail];
}

void NftablesFirewall::Know(const std::string& jail, Rejection rejection,
                            const NftTable& table) {
  known_[jail] = {rejection, SetsOf(jail, table)};
}

absl::StatusOr<FirewallState> NftablesFirewall::Inspect(InspectDepth depth,
                                                        absl::Time now) {
  ASSIGN_OR_RETURN(const NftTable table, kernel_->Read());
  known_.clear();
  FirewallState state;
  for (const std::string& jail : JailsIn(table)) {
    ASSIGN_OR_RETURN(state[jail], InspectJail(jail, table, depth, now));
  }
  return state;
}

absl::StatusOr<JailState> NftablesFirewall::InspectJail(const std::string& jail,
                                                        const NftTable& table,
                                                        InspectDepth depth,
                                                        absl::Time now) {
  JailState state = {.rules = {.name = jail}};
  const std::string chain = ChainOf(jail);
  const std::vector<NftRule>& rules = RulesIn(table, chain);
  state.rules.rejection = RejectionIn(rules);
  state.intact = table.stands && table.input_stands;
  for (const NftRule& rule : RulesIn(table, kNftInput)) {
    if (!IsPortJump(rule)) {
      state.intact = false;
    } else if (rule.jump == chain) {
      state.rules.ports.push_back(*rule.ports);
    }
  }
  const std::set<NftSet> sets = SetsOf(jail, table);
  state.intact &= !state.rules.ports.empty() &&
                  std::all_of(table.sets.begin(), table.sets.end(),
                              [&](const auto& set) {
                                return set.second || set.first.jail != jail;
                              }) &&
                  ChainStands(rules, sets, state.rules.rejection);
  if (table.chains.contains(chain)) Know(jail, state.rules.rejection, table);
  if (depth == InspectDepth::kRulesAndBans) state.ban_count = 0;
  for (const NftSet& set : sets) {
    if (!set.allowed && depth == InspectDepth::kRules) continue;
    ASSIGN_OR_RETURN(const std::vector<NftElement> elements,
                     kernel_->Elements(set));
    for (const NftElement& element : elements) {
      if (set.allowed) {
        state.rules.allowed.push_back(element.network);
      } else {
        state.bans[element.network] = now + element.timeout;
      }
    }
  }
  std::sort(state.rules.allowed.begin(), state.rules.allowed.end());
  if (state.ban_count.has_value()) state.ban_count = state.bans.size();
  return state;
}

absl::Status NftablesFirewall::Remove() {
  known_.clear();
  NftBatch batch;
  batch.PutTable();  // What is not there cannot be deleted.
  batch.DeleteTable();
  return kernel_->Commit(std::move(batch));
}

}  // namespace mxban
