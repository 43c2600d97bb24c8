#include "coordinator/decision_loop.h"

#include <algorithm>
#include <utility>

#include "common/status_macros.h"
#include "coordinator/ban_history.h"
#include "coordinator/effective_jails.h"
#include "coordinator/retention.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// Bounds how long the first in a turn waits for the last.
constexpr size_t kMaxTasksPerTurn = 256;
constexpr absl::Duration kRetryInterval = absl::Seconds(1);
constexpr absl::Duration kPruneInterval = absl::Minutes(1);
constexpr absl::Duration kStaleInterval = absl::Seconds(1);

}  // namespace

DecisionLoop::DecisionLoop(BanStore& store, BanTable& table, const Clock& clock,
                           size_t max_sources)
    : store_(store),
      table_(table),
      clock_(clock),
      counter_(store, max_sources),
      right_logins_(max_sources) {}

DecisionLoop::~DecisionLoop() { Stop(); }

absl::StatusOr<std::string> DecisionLoop::Load(
    std::shared_ptr<const JailSet> jails) {
  ASSIGN_OR_RETURN(StoreContents contents, store_.Load());
  RETURN_IF_ERROR(
      operator_rails_.Load(std::move(jails), std::move(contents.rails)));
  StoreChange change;
  change.revision = contents.revision + 1;
  RETURN_IF_ERROR(store_.Commit(change));
  held_.Load(contents.held);
  Turn turn(table_, clock_.TimeNow());
  right_logins_.Load(turn, *operator_rails_.jails(), contents.right_logins);
  rails_.Load(contents.bans, turn.now);
  table_.Load(change.revision, operator_rails_.jails(),
              std::move(contents.bans));
  RETURN_IF_ERROR(CountAgain(turn, contents));
  RETURN_IF_ERROR(Commit(turn));  // What there is no room for any more.
  return std::move(contents.history_id);
}

void DecisionLoop::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void DecisionLoop::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void DecisionLoop::Loop() {
  while (true) {
    absl::Duration idle = std::min({table_.NextExpiry(), held_.NextExpiry(),
                                    operator_rails_.NextExpiry()}) -
                          clock_.TimeNow();
    // A ban that could not be ended is tried again, but not in a frenzy.
    if (has_failed_) idle = std::max(idle, kRetryInterval);
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &DecisionLoop::HasWork),
                              idle);
      if (stopping_ && queue_.empty()) return;
    }
    RunTurn();
  }
}

bool DecisionLoop::HasWork() const { return stopping_ || !queue_.empty(); }

void DecisionLoop::Enqueue(Task task,
                           std::function<void(absl::Status)> refuse) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      queue_.push_back(std::move(task));
      return;
    }
  }
  refuse(absl::UnavailableError("the coordinator is stopping"));
}

void DecisionLoop::ImposeBan(BanRequest request, ImposeDone done) {
  EnqueueTask(&DecisionLoop::Impose, done, std::move(request));
}

void DecisionLoop::PardonBans(IpNetwork source, std::string jail,
                              std::string who, PardonDone done) {
  EnqueueTask(&DecisionLoop::Pardon, done, source, std::move(jail),
              std::move(who));
}

void DecisionLoop::ReplaceJails(std::shared_ptr<const JailSet> jails,
                                std::string who, std::string reason,
                                Done done) {
  EnqueueTask(&DecisionLoop::Replace, done, std::move(jails), std::move(who),
              std::move(reason));
}

void DecisionLoop::Record(AuditRecord record) {
  Enqueue(
      [record = std::move(record)](Turn& turn) mutable {
        record.time = turn.now;
        turn.audit.push_back(std::move(record));
      },
      [](const absl::Status&) {});
}

void DecisionLoop::Inspect(Look look) {
  Enqueue(
      [this, look](Turn& turn) {
        turn.answers.push_back(
            [this, look, now = turn.now](const absl::Status& /*committed*/) {
              look(View{store_, table_, *operator_rails_.jails(), pardons_,
                        held_, operator_rails_.state(), right_logins_, now});
            });
      },
      look);
}

DecisionStatistics DecisionLoop::statistics() const {
  absl::MutexLock lock(&mutex_);
  return statistics_;
}

void DecisionLoop::RunTurn() {
  std::vector<Task> tasks;
  {
    absl::MutexLock lock(&mutex_);
    const size_t count = std::min(queue_.size(), kMaxTasksPerTurn);
    std::move(queue_.begin(), queue_.begin() + count,
              std::back_inserter(tasks));
    queue_.erase(queue_.begin(), queue_.begin() + count);
  }
  Turn turn(table_, clock_.TimeNow());
  if (must_recount_) turn.error = Recount(turn);
  for (Task& task : tasks) task(turn);
  turn.Expire();
  operator_rails_.Expire(turn);
  held_.Bound(turn);
  Prune(turn);

  const bool is_audited = !turn.audit.empty();
  const absl::Status committed = Commit(turn);
  if (committed.ok()) {
    Publish(turn);
  } else {
    spdlog::error("turn refused, nothing of it counts: {}",
                  std::string(committed.message()));
    must_recount_ = must_recount_ || turn.touches_counts;
  }
  has_failed_ = !committed.ok();
  UpdateStatistics(turn, committed.ok());
  for (const auto& answer : turn.answers) answer(committed);
  // Last: whoever it wakes only copies what is durable already.
  if (committed.ok() && is_audited) audit_told_();
}

void DecisionLoop::Impose(Turn& turn, const BanRequest& request,
                          const ImposeDone& done) {
  const JailSet& jails = operator_rails_.JailsIn(turn);
  const auto jail = jails.find(request.jail);
  if (jail == jails.end()) return done(NoSuchJail(request.jail));
  absl::StatusOr<Ban> ban = DecideRequestedBan(jail->second, request, turn.now);
  if (ban.ok() && request.validate_only) return turn.Answer(done, *ban);
  if (ban.ok()) ban = Settle(turn, *std::move(ban), request.who);
  if (!ban.ok()) return done(ban.status());
  turn.answers.push_back(
      [this, done, ban = *std::move(ban)](const absl::Status& committed) {
        if (!committed.ok()) return done(committed);
        done(table_.Find(ban.key).value_or(ban));
      });
}

void DecisionLoop::Pardon(Turn& turn, const IpNetwork& source,
                          const std::string& jail, const std::string& who,
                          const PardonDone& done) {
  // Bans of a jail that is gone can still be ended.
  const std::vector<Ban> bans = turn.Covering(source, jail);
  const std::vector<HeldBan> held = held_.Select(turn, {source, jail});
  if (bans.empty() && !jail.empty() &&
      !operator_rails_.JailsIn(turn).contains(jail)) {
    return done(NoSuchJail(jail));
  }
  if (bans.empty()) {
    return done(absl::NotFoundError(
        source.ToString() + " is not banned; " +
        (held.empty() ? "see mxbanctl explain"
                      : "a ban of it is held, see mxbanctl held")));
  }
  for (const HeldBan& one : held) {
    PardonHeld(turn, one.ban.key);
    turn.Record(who, "drop", one.ban.key, one.hold_reason);
  }
  for (const Ban& ban : bans) {
    PardonStanding(turn, ban);
    turn.Record(who, "unban", ban.key, "");
  }
  turn.Answer(done, bans);
}

void DecisionLoop::Replace(Turn& turn, std::shared_ptr<const JailSet> jails,
                           const std::string& who, const std::string& reason,
                           const Done& done) {
  const absl::Status status = operator_rails_.Configure(turn, std::move(jails));
  if (!status.ok()) return done(status);
  turn.audit.push_back({turn.now, who, "reload", "", "", reason});
  turn.answers.push_back(done);
}

absl::StatusOr<Ban> DecisionLoop::Settle(Turn& turn, Ban decided,
                                         absl::string_view who) {
  if (!turn.Standing(decided.key)) {
    RETURN_IF_ERROR(AddHistory(store_, turn, right_logins_, decided));
  }
  return Stand(turn, std::move(decided), who);
}

Ban DecisionLoop::Stand(Turn& turn, Ban decided, absl::string_view who) {
  const std::optional<Ban> standing = turn.Standing(decided.key);
  if (!standing.has_value()) {
    if (held_.Find(turn, decided.key)) turn.held[decided.key].reset();
    turn.imposed[decided.key] = decided;
    turn.Record(who, "ban", decided.key, decided.reason);
    return decided;
  }
  const std::optional<Ban> extended = Extend(*standing, decided);
  if (!extended.has_value()) return *standing;
  turn.imposed[decided.key] = *extended;
  turn.Record(who, "extend", decided.key, decided.reason);
  return *extended;
}

void DecisionLoop::ForgetFailures(Turn& turn, const BanKey& key) {
  turn.ForgetFailures(key);
  counter_.Forget(key);
}

void DecisionLoop::Prune(Turn& turn) {
  if (turn.now >= next_stale_) {
    next_stale_ = turn.now + kStaleInterval;
    counter_.ForgetStale(turn);
  }
  if (turn.now < next_prune_) return;
  next_prune_ = turn.now + kPruneInterval;
  right_logins_.ForgetStale(turn.now);
  turn.retention = RetentionAt(turn.now, *operator_rails_.jails());
  intake_.ForgetBefore(turn.retention->progress);
  turn.retention->pardons = pardons_.ForgetBefore(turn.retention->pardons);
}

absl::Status DecisionLoop::Commit(Turn& turn) {
  // Whatever it was, agents must not take it for a fault of their batch.
  if (!turn.error.ok()) return absl::UnavailableError(turn.error.message());
  const std::optional<StoreChange> change = turn.ToStoreChange();
  if (!change.has_value()) return absl::OkStatus();
  return store_.Commit(*change);
}

void DecisionLoop::Publish(const Turn& turn) {
  const BanTable::Update update = turn.ToUpdate();
  if (update.jails != nullptr || !update.changes.empty()) {
    table_.Publish(update);
  }
  held_.Publish(turn);
  rails_.Publish(turn);
  for (const auto& report : turn.reports) {
    recent_failures_.Add(*report, turn.now);
  }
  if (update.jails != nullptr) {
    must_recount_ =
        must_recount_ || !CountAlike(*operator_rails_.jails(), *update.jails);
  }
  operator_rails_.Publish(turn);
}

void DecisionLoop::UpdateStatistics(const Turn& turn, bool was_committed) {
  absl::MutexLock lock(&mutex_);
  if (!was_committed) {
    ++statistics_.failed_commits;
    return;
  }
  statistics_.Add(turn);
  statistics_.intake = intake_.tally();
  statistics_.tracked_sources = counter_.tracked_sources();
  statistics_.evicted_sources = counter_.evicted_sources();
  statistics_.good_senders = right_logins_.good_sources(turn.now);
  statistics_.evicted_users = right_logins_.evicted_users();
}

absl::Status DecisionLoop::Recount(Turn& turn) {
  ASSIGN_OR_RETURN(const StoreContents contents, store_.Load());
  right_logins_.Load(turn, *operator_rails_.jails(), contents.right_logins);
  RETURN_IF_ERROR(CountAgain(turn, contents));
  must_recount_ = false;
  return absl::OkStatus();
}

absl::Status DecisionLoop::CountAgain(Turn& turn,
                                      const StoreContents& contents) {
  intake_.Load(contents.progress);
  pardons_.Load(contents.pardons);
  return counter_.CountAgain(turn, *operator_rails_.jails(), contents.failures,
                             right_logins_, pardons_);
}

}  // namespace mxban
