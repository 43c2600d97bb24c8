#include "agent/enforcer.h"

#include <algorithm>
#include <utility>

#include "agent/wanted_bans.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// Damage by others is repaired within two seconds of happening.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr absl::Duration kRetryInterval = absl::Seconds(1);

// So many changes take no longer than their way through another thread would.
constexpr size_t kFew = 64;

// How often everything is compared, not the rules alone. Renews bans longer
// than a kernel keeps.
constexpr absl::Duration kReconcileInterval = absl::Hours(1);

// Whether `when` has come; also if the clock was set back behind it.
bool IsDue(absl::Time when, absl::Duration interval, absl::Time now) {
  return now >= when || when > now + interval;
}

}  // namespace

Enforcer::Enforcer(Firewall& firewall, const Clock& clock,
                   std::vector<IpNetwork> never_ban)
    : firewall_(firewall), clock_(clock), wanted_(std::move(never_ban)) {}

Enforcer::~Enforcer() { Stop(); }

void Enforcer::SetReportCallback(ReportCallback callback) {
  absl::MutexLock lock(&mutex_);
  report_ = std::move(callback);
}

void Enforcer::SetJails(std::vector<Jail> jails) {
  absl::MutexLock lock(&mutex_);
  has_news_ = true;  // Whoever sent them waits for a report.
  if (wanted_.SetJails(std::move(jails))) must_reconcile_ = true;
}

void Enforcer::AddSnapshotPart(Snapshot part, const std::string& history_id,
                               uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (part.first) snapshot_.clear();
  for (const StandingBan& ban : part.bans) {
    snapshot_[ban.key] = ban.expire_time;
  }
  if (!part.last) return;
  wanted_.bans().Replace(snapshot_);
  snapshot_.clear();
  wanted_.bans().Complete(history_id, revision);
  has_news_ = true;
}

void Enforcer::ApplyDelta(const Delta& delta, uint64_t revision) {
  {
    absl::MutexLock lock(&mutex_);
    WantedBans& bans = wanted_.bans();
    for (const BanKey& key : delta.lifted) bans.Tell(key, std::nullopt);
    for (const StandingBan& ban : delta.imposed) {
      bans.Tell(ban.key, ban.expire_time);
    }
    if (revision == 0) return;  // More must follow.
    bans.Complete(bans.history_id(), revision);
    has_news_ = has_news_ || !IsLittle();
    if (has_news_) return;
  }
  if (EnforceAtOnce()) return;
  absl::MutexLock lock(&mutex_);
  has_news_ = true;
}

void Enforcer::ImposeLocally(const StandingBan& ban) {
  absl::MutexLock lock(&mutex_);
  wanted_.bans().ImposeLocally(ban);
  has_news_ = true;
}

void Enforcer::SettleLocal(const BanKey& key, const std::string& history_id,
                           uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  wanted_.bans().SettleLocal(key, history_id, revision);
  has_news_ = true;
}

void Enforcer::SetNeverBan(std::vector<IpNetwork> never_ban) {
  absl::MutexLock lock(&mutex_);
  wanted_.SetNeverBan(std::move(never_ban));
  must_reconcile_ = true;
}

void Enforcer::OnFirewallChanged() {
  absl::MutexLock lock(&mutex_);
  firewall_changed_ = true;
}

std::pair<std::string, uint64_t> Enforcer::held_revision() const {
  absl::MutexLock lock(&mutex_);
  return {wanted_.bans().history_id(), wanted_.bans().revision()};
}

void Enforcer::Start() {
  {
    absl::MutexLock lock(&mutex_);
    started_ = true;
  }
  thread_ = std::thread([this] { Loop(); });
}

void Enforcer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

Enforcer::Statistics Enforcer::statistics() const {
  absl::MutexLock lock(&mutex_);
  Statistics statistics = statistics_;
  const WantedBans& bans = wanted_.bans();
  statistics.bans = wanted_.CountEnforced();
  statistics.spared = bans.bans().size() - bans.Count();
  statistics.wanted_revision = bans.revision();
  return statistics;
}

void Enforcer::Loop() {
  absl::Time next = absl::InfinitePast();
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(this, &Enforcer::HasNews),
                              next - clock_.TimeNow());
      if (stopping_) return;
    }
    next = Step();
  }
}

bool Enforcer::HasNews() const {
  return stopping_ || has_news_ || firewall_changed_;
}

bool Enforcer::IsLittle() const {
  return started_ && !stopping_ && wanted_.has_jails() && !must_reconcile_ &&
         !firewall_changed_ && wanted_.bans().changed_count() <= kFew;
}

bool Enforcer::EnforceAtOnce() {
  if (!step_mutex_.TryLock()) return false;
  // There a ban waits for a lock that others hold, and calls would wait, too.
  if (firewall_.name() == "iptables") {
    step_mutex_.Unlock();
    return false;
  }
  const absl::Time now = clock_.TimeNow();
  const Work work = TakeWork(now, /*is_news=*/true);
  absl::Status status;
  if (work.must_reconcile) {  // Which somebody may have asked for just now.
    status = Reconcile(now);
  } else if (!work.changes.empty()) {
    status = firewall_.Apply(work.changes, now);
  }
  Finish(work, status, now);
  step_mutex_.Unlock();
  return true;
}

absl::Time Enforcer::Step() {
  absl::MutexLock step_lock(&step_mutex_);
  const absl::Time now = clock_.TimeNow();
  const Work work = TakeWork(now, /*is_news=*/false);
  if (work.revision == 0) return now + kLookInterval;  // Nothing is known yet.
  if (work.must_wait) {  // An error was met a moment ago.
    absl::MutexLock lock(&mutex_);
    return std::min(retry_, now + kLookInterval);
  }
  Finish(work, Enforce(work, now), now);
  absl::MutexLock lock(&mutex_);
  return std::min(wanted_.bans().NextExpiry(), now + kLookInterval);
}

Enforcer::Work Enforcer::TakeWork(absl::Time now, bool is_news) {
  absl::MutexLock lock(&mutex_);
  ++statistics_.steps;
  Work work;
  work.is_news = std::exchange(has_news_, false) || is_news;
  suspects_damage_ |= std::exchange(firewall_changed_, false);
  WantedBans& bans = wanted_.bans();
  if (bans.revision() == 0 || !wanted_.has_jails()) return work;
  bans.Expire(now);
  work.history_id = bans.history_id();
  work.revision = bans.revision();
  // After an error, news is worth a try at once; else a moment must pass.
  if (must_reconcile_ && (work.is_news || IsDue(retry_, kRetryInterval, now))) {
    must_reconcile_ = false;
    work.must_reconcile = true;
  }
  work.changes = wanted_.TakeChanges();
  work.must_wait = must_reconcile_;
  return work;
}

absl::Status Enforcer::Enforce(const Work& work, absl::Time now) {
  const bool is_time = IsDue(next_reconcile_, kReconcileInterval, now);
  if (work.must_reconcile || is_time) return Reconcile(now);
  if (!work.changes.empty()) {
    RETURN_IF_ERROR(firewall_.Apply(work.changes, now));
  }
  if (suspects_damage_ && IsDue(next_suspicion_, kLookInterval, now)) {
    return Repair(now);
  }
  if (!IsDue(next_look_, kLookInterval, now)) return absl::OkStatus();
  next_look_ = now + kLookInterval;
  ASSIGN_OR_RETURN(const bool is_intact, RulesAreIntact(now));
  return is_intact ? absl::OkStatus() : Repair(now);
}

absl::Status Enforcer::Repair(absl::Time now) {
  suspects_damage_ = false;
  next_suspicion_ = now + kLookInterval;
  ASSIGN_OR_RETURN(const FirewallChanges changes, Difference(now));
  if (changes.empty()) return absl::OkStatus();
  spdlog::warn("firewall: rules were changed by someone else, repairing");
  {
    absl::MutexLock lock(&mutex_);
    ++statistics_.repairs;
  }
  return firewall_.Apply(changes, now);
}

absl::Status Enforcer::Reconcile(absl::Time now) {
  next_look_ = now + kLookInterval;
  next_reconcile_ = now + kReconcileInterval;
  ASSIGN_OR_RETURN(const FirewallChanges changes, Difference(now));
  return changes.empty() ? absl::OkStatus() : firewall_.Apply(changes, now);
}

absl::StatusOr<FirewallChanges> Enforcer::Difference(absl::Time now) {
  ASSIGN_OR_RETURN(FirewallState actual,
                   firewall_.Inspect(InspectDepth::kRulesAndBans, now));
  // Somebody may be trying out a backend at this moment.
  const bool probes_stay = std::exchange(has_compared_, true);
  absl::MutexLock lock(&mutex_);
  return wanted_.Difference(std::move(actual), probes_stay, now);
}

absl::StatusOr<bool> Enforcer::RulesAreIntact(absl::Time now) {
  ASSIGN_OR_RETURN(const FirewallState actual,
                   firewall_.Inspect(InspectDepth::kRules, now));
  absl::MutexLock lock(&mutex_);
  return wanted_.RulesStand(actual, now);
}

void Enforcer::Finish(const Work& work, const absl::Status& status,
                      absl::Time now) {
  ReportCallback callback;
  Report report;
  {
    absl::MutexLock lock(&mutex_);
    const std::string error(status.message());
    const bool is_other_error = error != statistics_.error;
    if (is_other_error && !status.ok()) {
      spdlog::error("cannot enforce bans: {}", error);
    } else if (is_other_error) {
      spdlog::info("bans are enforced again");
    }
    statistics_.error = error;
    if (status.ok()) {
      enforced_history_ = work.history_id;
      statistics_.enforced_revision = work.revision;
    } else {
      must_reconcile_ = true;
      retry_ = now + kRetryInterval;
    }
    if (!work.is_news && !is_other_error) return;
    report = {enforced_history_, statistics_.enforced_revision, status,
              firewall_.name()};
    callback = report_;
  }
  if (callback != nullptr) callback(report);
}

}  // namespace mxban
