// The rails of a DecisionLoop: what is held, and what operators ask of it
// beside bans.

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "common/network_set.h"
#include "common/status_macros.h"
#include "coordinator/ban_history.h"
#include "coordinator/decision_loop.h"

namespace mxban {
namespace {

// Whether `source` overlaps one of `networks`, of which `set` is the same.
bool Touches(const std::vector<IpNetwork>& networks, const NetworkSet& set,
             const IpNetwork& source) {
  if (set.Contains(source)) return true;
  return !source.is_address() &&
         absl::c_any_of(networks, [&](const IpNetwork& network) {
           return source.Contains(network);
         });
}

}  // namespace

void DecisionLoop::UndoBans(UndoSelection selection, std::string who,
                            CountDone done) {
  EnqueueTask(&DecisionLoop::Undo, done, std::move(selection), std::move(who));
}

void DecisionLoop::AllowSource(AllowRequest request, AllowDone done) {
  EnqueueTask(&DecisionLoop::Allow, done, std::move(request));
}

void DecisionLoop::DisallowSource(std::string source, std::string who,
                                  DisallowDone done) {
  EnqueueTask(&DecisionLoop::Disallow, done, std::move(source), std::move(who));
}

void DecisionLoop::RefreshAllowed(OperatorRails::Networks networks, Done done) {
  EnqueueTask(&DecisionLoop::Refresh, done, std::move(networks));
}

void DecisionLoop::PauseEnforcement(const Pause& pause, Done done) {
  EnqueueTask(&DecisionLoop::SetPause, done, pause, pause.who);
}

void DecisionLoop::ResumeEnforcement(std::string who, Done done) {
  EnqueueTask(&DecisionLoop::SetPause, done, std::nullopt, std::move(who));
}

void DecisionLoop::ReleaseHeldBans(HeldSelection selection, std::string who,
                                   CountDone done) {
  EnqueueTask(&DecisionLoop::Release, done, std::move(selection),
              std::move(who));
}

void DecisionLoop::DropHeldBans(HeldSelection selection, std::string who,
                                CountDone done) {
  EnqueueTask(&DecisionLoop::Drop, done, std::move(selection), std::move(who));
}

absl::StatusOr<bool> DecisionLoop::ImposeOrHold(Turn& turn, const Jail& jail,
                                                Ban decided,
                                                absl::string_view who) {
  const BanKey key = decided.key;
  if (const std::optional<Ban> standing = turn.Standing(key)) {
    // What was counted explains more than the word of a server that was alone.
    const bool explains = standing->origin == BanOrigin::kLocal &&
                          decided.origin == BanOrigin::kCounted;
    if (explains) {
      RETURN_IF_ERROR(AddHistory(store_, turn, right_logins_, decided));
    }
    Ban stands = Stand(turn, decided, who);
    if (explains) {
      stands.servers = std::move(decided.servers);
      stands.evidence = std::move(decided.evidence);
      turn.imposed[key] = std::move(stands);
    }
    return true;
  }
  RETURN_IF_ERROR(AddHistory(store_, turn, right_logins_, decided));
  if (const std::optional<HeldBan> held = held_.Find(turn, key)) {
    turn.held[key] = Refreshed(*held, decided);
    return false;
  }
  std::optional<Hold> hold = rails_.Judge(turn, jail, decided);
  if (!hold) {
    ++turn.imposed_by_jail[jail.name];
    if (right_logins_.IsGood(key, turn.now)) {
      ++turn.good_imposed_by_jail[jail.name];
    }
    Stand(turn, std::move(decided), who);
    return true;
  }
  turn.Record(who, "hold", key, hold->reason);
  ++turn.held_by_rail[{jail.name, std::move(hold->rail)}];
  turn.held[key] = HeldBan{std::move(decided), std::move(hold->reason)};
  return false;
}

void DecisionLoop::Release(Turn& turn, const HeldSelection& selection,
                           const std::string& who, const CountDone& done) {
  const std::vector<HeldBan> selected = held_.Select(turn, selection);
  if (selected.empty()) return done(NothingHeld(selection));
  const JailSet& jails = operator_rails_.JailsIn(turn);
  absl::flat_hash_set<IpNetwork> sources;
  for (const HeldBan& held : selected) {
    const BanKey& key = held.ban.key;
    const auto jail = jails.find(key.jail);
    if (jail == jails.end()) continue;  // It may come back.
    turn.held[key].reset();
    if (IsIgnored(jail->second, key.source) || !MayBeCounted(key.source)) {
      turn.Record(who, "drop", key, held.hold_reason);
      continue;
    }
    Ban ban = Released(held, turn.now);
    turn.error.Update(AddBanCount(store_, turn, ban));
    Stand(turn, std::move(ban), who);
    sources.insert(key.source);
    turn.Record(who, "release", key, held.hold_reason);
  }
  turn.Answer<uint64_t>(done, sources.size());
}

void DecisionLoop::Drop(Turn& turn, const HeldSelection& selection,
                        const std::string& who, const CountDone& done) {
  const std::vector<HeldBan> selected = held_.Select(turn, selection);
  if (selected.empty()) return done(NothingHeld(selection));
  absl::flat_hash_set<IpNetwork> sources;
  for (const HeldBan& held : selected) {
    const BanKey& key = held.ban.key;
    PardonHeld(turn, key);
    sources.insert(key.source);
    turn.Record(who, "drop", key, held.hold_reason);
  }
  turn.Answer<uint64_t>(done, sources.size());
}

void DecisionLoop::Undo(Turn& turn, const UndoSelection& selection,
                        const std::string& who, const CountDone& done) {
  std::vector<Ban> bans =
      table_.Select([&](const Ban& ban) { return selection.Matches(ban); });
  std::erase_if(bans, [&](const Ban& ban) {
    return turn.imposed.contains(ban.key) || !turn.Standing(ban.key);
  });
  for (const auto& [key, ban] : turn.imposed) {
    if (selection.Matches(ban)) bans.push_back(ban);
  }
  absl::flat_hash_set<IpNetwork> sources;
  for (const Ban& ban : bans) {
    PardonStanding(turn, ban);
    sources.insert(ban.key.source);
    turn.Record(who, "undo", ban.key, ban.reason);
  }
  turn.Answer<uint64_t>(done, sources.size());
}

void DecisionLoop::Allow(Turn& turn, const AllowRequest& request,
                         const AllowDone& done) {
  absl::StatusOr<AllowedSource> allowed = operator_rails_.Allow(turn, request);
  if (!allowed.ok()) return done(allowed.status());
  std::vector<Ban> ended = Spare(turn, *allowed, allowed->who);
  turn.Answer(done, Allowed{*std::move(allowed), std::move(ended)});
}

void DecisionLoop::Disallow(Turn& turn, const std::string& source,
                            const std::string& who, const DisallowDone& done) {
  absl::StatusOr<AllowedSource> allowed =
      operator_rails_.Disallow(turn, source, who);
  if (!allowed.ok()) return done(allowed.status());
  turn.Answer(done, *std::move(allowed));
}

void DecisionLoop::Refresh(Turn& turn, const OperatorRails::Networks& networks,
                           const Done& done) {
  const absl::StatusOr<std::vector<AllowedSource>> changed =
      operator_rails_.Refresh(turn, networks);
  if (!changed.ok()) return done(changed.status());
  for (const AllowedSource& allowed : *changed) Spare(turn, allowed, kMxban);
  turn.answers.push_back(done);
}

void DecisionLoop::SetPause(Turn& turn, std::optional<Pause> pause,
                            const std::string& who, const Done& done) {
  const absl::Status status =
      operator_rails_.SetPause(turn, std::move(pause), who);
  if (!status.ok()) return done(status);
  turn.answers.push_back(done);
}

void DecisionLoop::PardonStanding(Turn& turn, const Ban& ban) {
  turn.Pardon(ban);
  pardons_.Add({ban.key, turn.now});
  ForgetFailures(turn, ban.key);
}

void DecisionLoop::PardonHeld(Turn& turn, const BanKey& key) {
  turn.held[key].reset();
  turn.dropped.insert(key);
  pardons_.Add({key, turn.now});
  ForgetFailures(turn, key);
}

std::vector<Ban> DecisionLoop::Spare(Turn& turn, const AllowedSource& allowed,
                                     const std::string& who) {
  const NetworkSet networks(allowed.networks);
  absl::btree_map<BanKey, Ban> touched;
  // Those around what is allowed, then those within.
  for (const IpNetwork& network : allowed.networks) {
    for (const Ban& ban : turn.Covering(network, "")) touched[ban.key] = ban;
  }
  for (const Ban& ban : table_.Select(
           [&](const Ban& ban) { return networks.Contains(ban.key.source); })) {
    const std::optional<Ban> standing = turn.Standing(ban.key);
    if (standing) touched[ban.key] = *standing;
  }
  for (const auto& [key, ban] : turn.imposed) {
    if (networks.Contains(key.source)) touched[key] = ban;
  }
  std::vector<Ban> ended;
  for (const auto& [key, ban] : touched) {
    PardonStanding(turn, ban);
    turn.Record(who, "unban", key, "allowed: " + allowed.source);
    ended.push_back(ban);
  }
  for (const HeldBan& held : held_.Select(turn, {})) {
    if (!Touches(allowed.networks, networks, held.ban.key.source)) continue;
    PardonHeld(turn, held.ban.key);
    turn.Record(who, "drop", held.ban.key, "allowed: " + allowed.source);
  }
  return ended;
}

}  // namespace mxban
