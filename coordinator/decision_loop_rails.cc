// What operators ask of a DecisionLoop beside bans: the rails.

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "coordinator/ban_history.h"
#include "coordinator/decision_loop.h"

namespace mxban {
namespace {

absl::Status NothingHeld(const HeldSelection& selection) {
  return absl::NotFoundError(
      (selection.source ? "no ban of " + selection.source->ToString()
                        : std::string("no ban")) +
      (selection.jail.empty() ? "" : " in jail " + selection.jail) +
      " is held");
}

// Answers how many sources it were, once that is durable.
std::function<void(const absl::Status&)> Answer(
    DecisionLoop::CountDone done,
    const absl::flat_hash_set<IpNetwork>& sources) {
  return [done = std::move(done),
          count = sources.size()](const absl::Status& committed) {
    if (committed.ok()) {
      done(count);
    } else {
      done(committed);
    }
  };
}

}  // namespace

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

void DecisionLoop::Release(Turn& turn, const HeldSelection& selection,
                           const std::string& who, const CountDone& done) {
  const std::vector<HeldBan> selected = held_.Select(turn, selection);
  if (selected.empty()) return done(NothingHeld(selection));
  absl::flat_hash_set<IpNetwork> sources;
  for (const HeldBan& held : selected) {
    const BanKey& key = held.ban.key;
    const auto jail = jails_->find(key.jail);
    if (jail == jails_->end()) continue;  // It may come back.
    turn.held[key].reset();
    if (IsIgnored(jail->second, key.source) || !MayBeCounted(key.source)) {
      continue;
    }
    Ban ban = Released(held, turn.now);
    turn.error.Update(AddBanCount(store_, turn, ban));
    Stand(turn, std::move(ban), who);
    sources.insert(key.source);
    turn.Record(who, "release", key, held.hold_reason);
  }
  turn.answers.push_back(Answer(done, sources));
}

void DecisionLoop::Drop(Turn& turn, const HeldSelection& selection,
                        const std::string& who, const CountDone& done) {
  const std::vector<HeldBan> selected = held_.Select(turn, selection);
  if (selected.empty()) return done(NothingHeld(selection));
  absl::flat_hash_set<IpNetwork> sources;
  for (const HeldBan& held : selected) {
    const BanKey& key = held.ban.key;
    turn.held[key].reset();
    turn.forgiven.push_back(key);
    pardons_.Add({key, turn.now});
    ForgetFailures(turn, key);
    sources.insert(key.source);
    turn.Record(who, "drop", key, held.hold_reason);
  }
  turn.answers.push_back(Answer(done, sources));
}

}  // namespace mxban
