// The rails of a DecisionLoop: what is held, and what operators ask of it
// beside bans.

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/network_set.h"
#include "common/status_macros.h"
#include "coordinator/ban_history.h"
#include "coordinator/decision_loop.h"
#include "coordinator/effective_jails.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// How soon it is tried again to end what could not be ended.
constexpr absl::Duration kAllowedRetryInterval = absl::Minutes(1);

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
  Enqueue([this, selection = std::move(selection), who = std::move(who),
           done](Turn& turn) { Undo(turn, selection, who, done); },
          done);
}

void DecisionLoop::AllowSource(AllowRequest request, AllowDone done) {
  Enqueue([this, request = std::move(request),
           done](Turn& turn) { Allow(turn, request, done); },
          done);
}

void DecisionLoop::DisallowSource(std::string source, std::string who,
                                  DisallowDone done) {
  Enqueue([this, source = std::move(source), who = std::move(who),
           done](Turn& turn) { Disallow(turn, source, who, done); },
          done);
}

void DecisionLoop::RefreshAllowed(Networks networks, Done done) {
  Enqueue([this, networks = std::move(networks),
           done](Turn& turn) { Refresh(turn, networks, done); },
          done);
}

void DecisionLoop::PauseEnforcement(Pause pause, Done done) {
  Enqueue([this, pause = std::move(pause),
           done](Turn& turn) { SetPause(turn, pause, pause.who, done); },
          done);
}

void DecisionLoop::ResumeEnforcement(std::string who, Done done) {
  Enqueue([this, who = std::move(who),
           done](Turn& turn) { SetPause(turn, std::nullopt, who, done); },
          done);
}

std::shared_ptr<const RailState> DecisionLoop::rails() const {
  absl::MutexLock lock(&mutex_);
  return shown_rails_;
}

void DecisionLoop::ShowRails() {
  next_allowed_end_ = absl::InfiniteFuture();
  for (const auto& [source, allowed] : operator_rails_->allowed) {
    next_allowed_end_ = std::min(next_allowed_end_, allowed.expire_time);
  }
  absl::MutexLock lock(&mutex_);
  shown_rails_ = operator_rails_;
}

void DecisionLoop::ReleaseHeldBans(HeldSelection selection, std::string who,
                                   CountDone done) {
  Enqueue([this, selection = std::move(selection), who = std::move(who),
           done](Turn& turn) { Release(turn, selection, who, done); },
          done);
}

void DecisionLoop::DropHeldBans(HeldSelection selection, std::string who,
                                CountDone done) {
  Enqueue([this, selection = std::move(selection), who = std::move(who),
           done](Turn& turn) { Drop(turn, selection, who, done); },
          done);
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
  absl::flat_hash_set<IpNetwork> sources;
  for (const HeldBan& held : selected) {
    const BanKey& key = held.ban.key;
    const auto jail = JailsIn(turn).find(key.jail);
    if (jail == JailsIn(turn).end()) continue;  // It may come back.
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
  auto rails = std::make_shared<RailState>(RailsIn(turn));
  if (!rails->allowed.contains(request.source) &&
      rails->allowed.size() >= kMaxAllowed) {
    return done(absl::ResourceExhaustedError(
        absl::StrCat("the allow list is full: ", kMaxAllowed, " sources")));
  }
  Allowed outcome = {{.source = request.source,
                      .reason = request.reason,
                      .who = request.who,
                      .create_time = turn.now,
                      .expire_time = EndOf(turn.now, request.duration),
                      .networks = request.networks},
                     {}};
  const AllowedSource& allowed = outcome.allowed;
  rails->allowed[allowed.source] = allowed;
  const absl::Status status = PutInForce(turn, nullptr, std::move(rails));
  if (!status.ok()) {
    return done(absl::ResourceExhaustedError(status.message()));
  }
  turn.allowed[allowed.source] = allowed;
  turn.audit.push_back(
      {turn.now, allowed.who, "allow", "", allowed.source, allowed.reason});
  outcome.ended = Spare(turn, allowed, allowed.who);
  turn.Answer(done, std::move(outcome));
}

void DecisionLoop::Disallow(Turn& turn, const std::string& source,
                            const std::string& who, const DisallowDone& done) {
  auto rails = std::make_shared<RailState>(RailsIn(turn));
  const auto found = rails->allowed.find(source);
  if (found == rails->allowed.end()) {
    return done(absl::NotFoundError(source + " is not on the allow list"));
  }
  AllowedSource allowed = std::move(found->second);
  rails->allowed.erase(found);
  const absl::Status status = PutInForce(turn, nullptr, std::move(rails));
  if (!status.ok()) return done(status);
  turn.allowed[source].reset();
  turn.audit.push_back({turn.now, who, "disallow", "", source, allowed.reason});
  turn.Answer(done, std::move(allowed));
}

void DecisionLoop::Refresh(Turn& turn, const Networks& networks,
                           const Done& done) {
  auto rails = std::make_shared<RailState>(RailsIn(turn));
  std::vector<AllowedSource> changed;
  for (const auto& [source, now_is] : networks) {
    const auto found = rails->allowed.find(source);
    if (found == rails->allowed.end() || found->second.networks == now_is) {
      continue;
    }
    found->second.networks = now_is;
    changed.push_back(found->second);
  }
  if (!changed.empty()) {
    const absl::Status status = PutInForce(turn, nullptr, std::move(rails));
    if (!status.ok()) return done(status);
  }
  for (const AllowedSource& allowed : changed) {
    turn.allowed[allowed.source] = allowed;
    Spare(turn, allowed, kMxban);
  }
  turn.answers.push_back(done);
}

void DecisionLoop::SetPause(Turn& turn, std::optional<Pause> pause,
                            const std::string& who, const Done& done) {
  const std::optional<Pause>& before = RailsIn(turn).pause;
  if (pause || before) {
    // A second reason does not make it a shorter pause.
    if (pause) pause->start_time = before ? before->start_time : turn.now;
    auto rails = std::make_shared<RailState>(RailsIn(turn));
    rails->pause = pause;
    const absl::Status status = PutInForce(turn, nullptr, std::move(rails));
    if (!status.ok()) return done(status);
    const std::string reason = pause ? pause->reason : "";
    const bool is_pause = pause.has_value();
    turn.audit.push_back(
        {turn.now, who, is_pause ? "pause" : "resume", "", "", reason});
    turn.pause.emplace(std::move(pause));
    turn.answers.push_back([=](const absl::Status& committed) {
      if (!committed.ok()) return;
      if (is_pause) {
        spdlog::warn("{} has paused enforcement on all servers: {}", who,
                     reason);
      } else {
        spdlog::warn("{} has resumed enforcement on all servers", who);
      }
    });
  }
  turn.answers.push_back(done);
}

void DecisionLoop::ExpireAllowed(Turn& turn) {
  if (next_allowed_end_ > turn.now) return;
  auto rails = std::make_shared<RailState>(RailsIn(turn));
  std::vector<std::string> over;
  for (const auto& [source, allowed] : rails->allowed) {
    if (allowed.expire_time <= turn.now) over.push_back(source);
  }
  for (const std::string& source : over) rails->allowed.erase(source);
  const absl::Status status = PutInForce(turn, nullptr, std::move(rails));
  if (!status.ok()) {
    // What a wide network covered counts by itself without it.
    spdlog::error("allow list: {} stays though its time is over: {}",
                  absl::StrJoin(over, ", "), std::string(status.message()));
    next_allowed_end_ = turn.now + kAllowedRetryInterval;
    return;
  }
  for (const std::string& source : over) {
    turn.allowed[source].reset();
    turn.audit.push_back(
        {turn.now, kMxban, "disallow", "", source, "its time is over"});
  }
}

absl::Status DecisionLoop::PutInForce(Turn& turn,
                                      std::shared_ptr<const JailSet> configured,
                                      std::shared_ptr<const RailState> rails) {
  if (configured == nullptr) {
    configured = turn.configured ? turn.configured : configured_;
  }
  if (rails == nullptr) rails = turn.rails ? turn.rails : operator_rails_;
  auto jails = std::make_shared<JailSet>(EffectiveJails(*configured, *rails));
  RETURN_IF_ERROR(CheckJailSize(*jails));
  if (rails != operator_rails_) {
    turn.deciding =
        configured == configured_
            ? jails
            : std::make_shared<JailSet>(EffectiveJails(*configured_, *rails));
  }
  turn.configured = std::move(configured);
  turn.rails = std::move(rails);
  turn.jails = std::move(jails);
  return absl::OkStatus();
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
