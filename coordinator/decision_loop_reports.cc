// The reports of a DecisionLoop: what servers tell of failures, of right logins
// and of bans that they have imposed while they were alone.

#include <utility>

#include "coordinator/decision_loop.h"
#include "spdlog/spdlog.h"

namespace mxban {

void DecisionLoop::ReportFailures(std::string server, FailureBatch batch,
                                  ReportDone done) {
  Enqueue(
      [this, server = std::move(server), batch = std::move(batch),
       done](Turn& turn) mutable {
        Report(turn, server, std::move(batch), std::move(done));
      },
      done);
}

void DecisionLoop::HandOverBans(std::string server, std::vector<Ban> bans,
                                HandOverDone done) {
  Enqueue([this, server = std::move(server), bans = std::move(bans),
           done](Turn& turn) { HandOver(turn, server, bans, done); },
          done);
}

void DecisionLoop::Report(Turn& turn, const std::string& server,
                          FailureBatch batch, ReportDone done) {
  turn.touches_counts = true;
  const JailSet& jails = JailsIn(turn);
  const auto jail = jails.find(batch.jail);
  FailureIntake::Accepted accepted =
      intake_.Accept(server, std::move(batch),
                     jail == jails.end() ? nullptr : &jail->second, turn.now);
  // In the order of lines.
  auto login = accepted.right_logins.begin();
  const auto forgive_until = [&](uint64_t end_offset) {
    for (; login != accepted.right_logins.end(); ++login) {
      if (login->end_offset > end_offset) return;
      Forgive(turn, jail->second, *login);
    }
  };
  for (const Failure& failure : accepted.failures) {
    forgive_until(failure.end_offset);
    Count(turn, jail->second, server, failure);
  }
  forgive_until(UINT64_MAX);
  turn.Answer(std::move(done), accepted.progress.offset);
  // A jail that is not in force needs no memory, nor may anyone fill it so.
  if (jail != jails.end()) {
    turn.progress.push_back(std::move(accepted.progress));
  }
}

void DecisionLoop::Count(Turn& turn, const Jail& jail,
                         const std::string& server, const Failure& failure) {
  const BanKey key = {jail.name, failure.source};
  const StoredFailure stored = {key, failure.time, server, failure.evidence,
                                failure.user};
  turn.counted[key].push_back(stored);
  if (right_logins_.Forgives(stored)) {
    ++turn.forgiven_by_jail[jail.name];
    counter_.Trim(turn, jail, key);
    return;
  }
  ++turn.failures_by_jail[jail.name];
  ++turn.failures_by_server[server];
  absl::StatusOr<Offence> offence =
      counter_.Record(turn, jail, key, failure.time, server, failure.user);
  if (!offence.ok()) return turn.error.Update(offence.status());
  offence->random = absl::Uniform(random_, 0.0, 1.0);
  std::optional<Ban> ban = DecideCountedBan(jail, *offence, turn.now);
  if (!ban.has_value()) return;
  turn.error.Update(ImposeOrHold(turn, jail, *std::move(ban), kMxban).status());
  ForgetFailures(turn, key);
}

void DecisionLoop::Forgive(Turn& turn, const Jail& jail,
                           const RightLogin& login) {
  ++turn.right_logins_by_jail[jail.name];
  const BanKey key = {jail.name, login.source};
  if (!right_logins_.Record(turn, jail, key, login.user, login.time)) return;
  turn.right_logins[{key, login.user}] = login.time;
  counter_.Forgive(key, login.user);
}

void DecisionLoop::HandOver(Turn& turn, const std::string& server,
                            const std::vector<Ban>& bans, HandOverDone done) {
  HandedOver outcome;
  for (const Ban& ban : bans) {
    if (!TakeOver(turn, server, ban)) outcome.refused.push_back(ban.key);
  }
  spdlog::info("{} hands over what it banned alone: {}, of which {} refused",
               server, bans.size(), outcome.refused.size());
  turn.answers.push_back(
      [this, done = std::move(done),
       outcome = std::move(outcome)](const absl::Status& committed) mutable {
        if (!committed.ok()) return done(committed);
        // The turn is published: this is its revision, or still the one that
        // brought what stood before.
        outcome.revision = table_.revision();
        done(std::move(outcome));
      });
}

bool DecisionLoop::TakeOver(Turn& turn, const std::string& server,
                            const Ban& local) {
  const auto jail = JailsIn(turn).find(local.key.jail);
  if (jail == JailsIn(turn).end()) return false;
  std::optional<Ban> ban = DecideLocalBan(jail->second, local, turn.now);
  if (!ban.has_value() || local.create_time < pardons_.NewestOf(ban->key)) {
    return false;
  }
  ban->servers = {server};
  const BanKey key = ban->key;
  const absl::StatusOr<bool> is_imposed =
      ImposeOrHold(turn, jail->second, *std::move(ban), server);
  turn.error.Update(is_imposed.status());
  ForgetFailures(turn, key);
  return is_imposed.value_or(true);
}

}  // namespace mxban
