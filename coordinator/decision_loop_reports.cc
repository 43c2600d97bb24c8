// The reports of a DecisionLoop: what servers tell of failures, of right logins
// and of bans that they have imposed while they were alone.

#include <algorithm>
#include <utility>

#include "coordinator/decision_loop.h"

namespace mxban {
namespace {

// How many sources are looked for together.
constexpr size_t kTogether = 16;

}  // namespace

void DecisionLoop::ReportFailures(std::shared_ptr<FailureReport> report,
                                  ReportDone done) {
  EnqueueTask(&DecisionLoop::Report, done, std::move(report));
}

void DecisionLoop::HandOverBans(std::string server, std::vector<Ban> bans,
                                HandOverDone done) {
  EnqueueTask(&DecisionLoop::HandOver, done, std::move(server),
              std::move(bans));
}

void DecisionLoop::Report(Turn& turn, std::shared_ptr<FailureReport> report,
                          ReportDone done) {
  turn.touches_counts = true;
  const JailSet& jails = operator_rails_.JailsIn(turn);
  const auto jail = jails.find(report->jail());
  const bool is_in_force = jail != jails.end();
  LogProgress progress =
      intake_.Accept(*report, is_in_force ? &jail->second : nullptr, turn.now);
  turn.Answer(std::move(done), progress.offset);
  // A jail that is not in force needs no memory, nor may anyone fill it so.
  if (!is_in_force) return;
  Count(turn, jail->second, *report);
  turn.progress.push_back(std::move(progress));
  turn.reports.push_back(std::move(report));
}

void DecisionLoop::Count(Turn& turn, const Jail& jail,
                         const FailureReport& report) {
  auto login = report.right_logins().begin();
  const auto forgive_until = [&](uint64_t end_offset) {
    for (; login != report.right_logins().end(); ++login) {
      if (login->end_offset > end_offset) return;
      Forgive(turn, jail, *login);
    }
  };
  BanKey key = {jail.name, {}};
  uint64_t counted = 0;
  for (size_t i = 0; i < report.failures().size(); ++i) {
    const ReportedFailure& failure = report.failures()[i];
    if (i % kTogether == 0) LookForSources(jail, report, i);
    forgive_until(failure.end_offset);
    key.source = failure.source;
    counted += CountOne(turn, jail, key,
                        {report.jail(), failure.source, failure.time,
                         report.server(), failure.evidence, failure.user});
  }
  forgive_until(UINT64_MAX);
  if (counted == 0) return;
  turn.failures_by_jail[jail.name] += counted;
  turn.failures_by_server[report.server()] += counted;
}

void DecisionLoop::LookForSources(const Jail& jail, const FailureReport& report,
                                  size_t first) {
  const size_t end = std::min(first + kTogether, report.failures().size());
  for (size_t i = first; i < end; ++i) {
    counter_.LookFor(jail, report.failures()[i].source);
  }
}

bool DecisionLoop::CountOne(Turn& turn, const Jail& jail, const BanKey& key,
                            const FailureView& failure) {
  turn.counted.Add(failure);
  if (right_logins_.Forgives(failure)) {
    ++turn.forgiven_by_jail[jail.name];
    counter_.Trim(turn, jail, key);
    return false;
  }
  absl::StatusOr<Offence> offence = counter_.Record(
      turn, jail, key, failure.time, failure.server, failure.user);
  if (!offence.ok()) {
    turn.error.Update(offence.status());
  } else if (offence->count >= jail.max_retry) {
    offence->random = absl::Uniform(random_, 0.0, 1.0);
    std::optional<Ban> ban = DecideCountedBan(jail, *offence, turn.now);
    if (!ban.has_value()) return true;
    turn.error.Update(
        ImposeOrHold(turn, jail, *std::move(ban), kMxban).status());
    ForgetFailures(turn, key);
  }
  return true;
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
  const JailSet& jails = operator_rails_.JailsIn(turn);
  const auto jail = jails.find(local.key.jail);
  if (jail == jails.end()) return false;
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
