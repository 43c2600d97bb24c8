#include "agent/enforcer.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// Damage by others is repaired within two seconds of happening.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr absl::Duration kRetryInterval = absl::Seconds(1);

// The kernel counts whole seconds, rounded up.
constexpr absl::Duration kExpirySlack = absl::Seconds(2);

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
    : firewall_(firewall),
      clock_(clock),
      never_ban_(std::move(never_ban)),
      wanted_(never_ban_) {}

Enforcer::~Enforcer() { Stop(); }

void Enforcer::SetReportCallback(ReportCallback callback) {
  absl::MutexLock lock(&mutex_);
  report_ = std::move(callback);
}

void Enforcer::SetJails(std::vector<Jail> jails) {
  absl::MutexLock lock(&mutex_);
  absl::btree_map<std::string, Jail> wanted;
  for (Jail& jail : jails) wanted.emplace(jail.name, std::move(jail));
  has_news_ = true;  // Whoever sent them waits for a report.
  if (has_jails_ && wanted == jails_) return;
  jails_ = std::move(wanted);
  has_jails_ = true;
  must_reconcile_ = true;
}

void Enforcer::AddSnapshotPart(Snapshot part, const std::string& history_id,
                               uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (part.first) snapshot_.clear();
  for (const StandingBan& ban : part.bans) {
    snapshot_[ban.key] = ban.expire_time;
  }
  if (!part.last) return;
  wanted_.Replace(snapshot_);
  snapshot_.clear();
  wanted_.Complete(history_id, revision);
  has_news_ = true;
}

void Enforcer::ApplyDelta(const Delta& delta, uint64_t revision) {
  {
    absl::MutexLock lock(&mutex_);
    for (const BanKey& key : delta.lifted) wanted_.Tell(key, std::nullopt);
    for (const StandingBan& ban : delta.imposed) {
      wanted_.Tell(ban.key, ban.expire_time);
    }
    if (revision == 0) return;  // More must follow.
    wanted_.Complete(wanted_.history_id(), revision);
    has_news_ = has_news_ || !IsLittle();
    if (has_news_) return;
  }
  if (EnforceAtOnce()) return;
  absl::MutexLock lock(&mutex_);
  has_news_ = true;
}

void Enforcer::ImposeLocally(const StandingBan& ban) {
  absl::MutexLock lock(&mutex_);
  wanted_.ImposeLocally(ban);
  has_news_ = true;
}

void Enforcer::SettleLocal(const BanKey& key, const std::string& history_id,
                           uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  wanted_.SettleLocal(key, history_id, revision);
  has_news_ = true;
}

void Enforcer::SetNeverBan(std::vector<IpNetwork> never_ban) {
  absl::MutexLock lock(&mutex_);
  never_ban_ = std::move(never_ban);
  wanted_.SetNeverBan(never_ban_);
  must_reconcile_ = true;
}

void Enforcer::OnFirewallChanged() {
  absl::MutexLock lock(&mutex_);
  firewall_changed_ = true;
}

std::pair<std::string, uint64_t> Enforcer::held_revision() const {
  absl::MutexLock lock(&mutex_);
  return {wanted_.history_id(), wanted_.revision()};
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
  statistics.bans = wanted_.Count();
  statistics.spared = wanted_.bans().size() - statistics.bans;
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) statistics.bans -= wanted_.CountIn(name);
  }
  statistics.wanted_revision = wanted_.revision();
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
  return started_ && !stopping_ && has_jails_ && !must_reconcile_ &&
         !firewall_changed_ && wanted_.changed_count() <= kFew;
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
  return std::min(wanted_.NextExpiry(), now + kLookInterval);
}

Enforcer::Work Enforcer::TakeWork(absl::Time now, bool is_news) {
  absl::MutexLock lock(&mutex_);
  ++statistics_.steps;
  Work work;
  work.is_news = std::exchange(has_news_, false) || is_news;
  suspects_damage_ |= std::exchange(firewall_changed_, false);
  if (wanted_.revision() == 0 || !has_jails_) return work;
  wanted_.Expire(now);
  work.history_id = wanted_.history_id();
  work.revision = wanted_.revision();
  // After an error, news is worth a try at once; else a moment must pass.
  if (must_reconcile_ && (work.is_news || IsDue(retry_, kRetryInterval, now))) {
    must_reconcile_ = false;
    work.must_reconcile = true;
  }
  for (const BanKey& key : wanted_.TakeChanged()) {
    const auto wanted = wanted_.bans().find(key);
    FirewallBan ban;
    if (wanted == wanted_.bans().end()) {
      if (ToFirewall(key, absl::InfiniteFuture(), ban)) {
        work.changes.lifted.push_back(ban);
      }
    } else if (ToFirewall(key, wanted->second, ban)) {
      work.changes.imposed.push_back(ban);
    }
  }
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
  FirewallChanges changes;
  absl::MutexLock lock(&mutex_);
  absl::btree_set<std::string> wanted_jails;
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) continue;
    JailRules rules = RulesOf(jail);
    wanted_jails.insert(rules.name);
    const JailState& state = actual[rules.name];
    if (!state.intact || !(state.rules == rules)) {
      changes.jails.push_back(std::move(rules));
    }
  }
  for (const auto& [key, expire_time] : wanted_.bans()) {
    FirewallBan ban;
    if (!ToFirewall(key, expire_time, ban)) continue;
    auto& standing = actual[ban.jail].bans;
    const auto found = standing.find(ban.source);
    if (found == standing.end()) {
      // What is about to end may be over for the kernel already.
      if (expire_time > now + kExpirySlack) changes.imposed.push_back(ban);
      continue;
    }
    if (!EndStands(found->second, expire_time, now)) {
      changes.imposed.push_back(ban);
    }
    standing.erase(found);
  }
  // Whatever is left is not wanted.
  for (const auto& [name, state] : actual) {
    if (!wanted_jails.contains(name)) {
      // Somebody may be trying out a backend at this moment.
      const bool is_probe = absl::StartsWith(name, kProbePrefix);
      if (!is_probe || !has_compared_) changes.removed_jails.push_back(name);
      continue;
    }
    for (const auto& [source, expire_time] : state.bans) {
      changes.lifted.push_back({name, source});
    }
  }
  has_compared_ = true;
  return changes;
}

absl::StatusOr<bool> Enforcer::RulesAreIntact(absl::Time now) {
  ASSIGN_OR_RETURN(const FirewallState actual,
                   firewall_.Inspect(InspectDepth::kRules, now));
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) continue;
    const JailRules rules = RulesOf(jail);
    const auto found = actual.find(rules.name);
    if (found == actual.end() || !found->second.intact ||
        !(found->second.rules == rules)) {
      return false;
    }
  }
  // What is about to change, or to expire, may be there or not.
  const size_t uncertain =
      wanted_.changed_count() + wanted_.EndingBy(now + kExpirySlack);
  for (const auto& [name, jail] : jails_) {
    if (jail.dry_run) continue;
    const size_t wanted = wanted_.CountIn(name);
    const size_t standing =
        actual.at(RulesOf(jail).name).ban_count.value_or(wanted);
    if (standing + uncertain < wanted) return false;
  }
  return true;
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

bool Enforcer::ToFirewall(const BanKey& key, absl::Time expire_time,
                          FirewallBan& ban) {
  const auto jail = jails_.find(key.jail);
  if (jail == jails_.end() || jail->second.dry_run ||
      wanted_.IsSpared(key.source)) {
    return false;
  }
  ban = {FirewallName(jail->second.enforcement.name), key.source, expire_time};
  return true;
}

JailRules Enforcer::RulesOf(const Jail& jail) const {
  JailRules rules = {FirewallName(jail.enforcement.name),
                     jail.enforcement.ports, jail.enforcement.rejection,
                     jail.ignored_networks};
  rules.allowed.insert(rules.allowed.end(), never_ban_.begin(),
                       never_ban_.end());
  std::sort(rules.allowed.begin(), rules.allowed.end());
  rules.allowed.erase(std::unique(rules.allowed.begin(), rules.allowed.end()),
                      rules.allowed.end());
  return rules;
}

}  // namespace mxban
