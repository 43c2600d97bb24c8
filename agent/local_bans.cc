#include "agent/local_bans.h"

#include <algorithm>
#include <optional>

#include "common/ban_policy.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// More than earn a ban in a second; the oldest is imposed for want of room.
constexpr size_t kMaxVerdicts = 10'000;

}  // namespace

void LocalBans::Load(const std::vector<Ban>& bans) {
  const absl::Time now = clock_.TimeNow();
  absl::MutexLock lock(&mutex_);
  for (const Ban& ban : bans) {
    if (ban.expire_time > now) Impose(ban);
  }
}

void LocalBans::Count(const Jail& jail, const std::string& log_id,
                      const std::vector<Finding>& findings) {
  if (findings.empty() || jail.min_servers > 1) return;
  const absl::Time now = clock_.TimeNow();
  absl::MutexLock lock(&mutex_);
  uint64_t& counted = counted_[{jail.name, log_id}];
  if (EndOffsetOf(findings[0]) <= counted) return;
  counted = EndOffsetOf(findings[0]);
  for (const Finding& finding : findings) {
    if (const auto* failure = std::get_if<Failure>(&finding)) {
      CountOne(jail, log_id, *failure, now);
    } else {
      Record(jail, std::get<RightLogin>(finding), now);
    }
  }
  if (is_alone_) Judge(now);
}

void LocalBans::CountOne(const Jail& jail, const std::string& log_id,
                         Failure failure, absl::Time now) {
  failure.time += clock_.ahead();
  if (Admit(jail, now, failure) != Admission::kCounts) return;
  if (SendersOf(jail).Forgives(failure.source, failure.user, failure.time)) {
    return;
  }
  FailureCounter& counter = CounterOf(jail);
  const FailureCounter::Count count =
      counter.Record(failure.source, failure.time, /*server=*/"", failure.user);
  std::optional<Ban> ban = DecideCountedBan(jail,
                                            {.source = failure.source,
                                             .count = count.failures,
                                             .newest = count.newest},
                                            now);
  if (!ban) return;
  counter.Forget(failure.source);
  ban->origin = BanOrigin::kLocal;
  ban->evidence = {std::move(failure.evidence)};
  if (verdicts_.size() == kMaxVerdicts) {
    Impose(verdicts_.front().ban);
    verdicts_.pop_front();
  }
  verdicts_.push_back(
      {*std::move(ban), log_id, failure.end_offset, now + kPatience});
}

void LocalBans::Record(const Jail& jail, RightLogin login, absl::Time now) {
  login.time += clock_.ahead();
  if (!AdmitLogin(jail, now, login)) return;
  if (SendersOf(jail).Record(login.source, login.user, login.time)) {
    CounterOf(jail).Forgive(login.source, login.user);
  }
}

GoodSenders& LocalBans::SendersOf(const Jail& jail) {
  const GoodSenders::Limits limits = {jail.good_time, 2 * jail.find_time,
                                      kMaxUsers};
  std::unique_ptr<GoodSenders>& senders = senders_[jail.name];
  if (senders == nullptr) senders = std::make_unique<GoodSenders>(limits);
  if (senders->limits() != limits) senders->SetLimits(limits);
  return *senders;
}

FailureCounter& LocalBans::CounterOf(const Jail& jail) {
  const FailureCounter::Limits limits = {jail.find_time, jail.max_retry,
                                         kMaxSources};
  std::unique_ptr<FailureCounter>& counter = counters_[jail.name];
  if (counter == nullptr || counter->limits() != limits) {
    counter = std::make_unique<FailureCounter>(limits);
  }
  return *counter;
}

void LocalBans::SetAlone(bool is_alone) {
  const absl::Time now = clock_.TimeNow();
  absl::MutexLock lock(&mutex_);
  is_alone_ = is_alone;
  if (is_alone_) Judge(now);
}

void LocalBans::Step() {
  const absl::Time now = clock_.TimeNow();
  absl::MutexLock lock(&mutex_);
  Judge(now);
  for (auto& [jail, counter] : counters_) counter->ForgetStale(now);
  for (auto& [jail, senders] : senders_) senders->ForgetStale(now);
  changes_ += absl::erase_if(
      bans_, [now](const auto& ban) { return ban.second.expire_time <= now; });
}

// Imposes the verdicts that are due, but for those that the coordinator knows.
void LocalBans::Judge(absl::Time now) {
  while (!verdicts_.empty() && (is_alone_ || verdicts_.front().due <= now ||
                                verdicts_.front().due > now + kPatience)) {
    const Verdict& verdict = verdicts_.front();
    if (!outbox_.IsAcknowledged(verdict.ban.key.jail, verdict.log_id,
                                verdict.end_offset)) {
      Impose(verdict.ban);
    }
    verdicts_.pop_front();
  }
}

void LocalBans::Impose(const Ban& ban) {
  const auto found = bans_.find(ban.key);
  if (found != bans_.end()) {
    absl::Time& end = found->second.expire_time;
    if (ban.expire_time > end) ++changes_;
    end = std::max(end, ban.expire_time);
    enforcer_.ImposeLocally({ban.key, end});
    return;
  }
  if (bans_.size() >= kMaxBans) {
    if (statistics_.turned_away++ == 0) {
      spdlog::error("{} local bans stand, no more are imposed", bans_.size());
    }
    return;
  }
  ++statistics_.imposed;
  ++changes_;
  bans_[ban.key] = ban;
  enforcer_.ImposeLocally({ban.key, ban.expire_time});
  spdlog::warn(
      "no answer from the coordinator: {} is banned in {} by this server alone",
      ban.key.source.ToString(), ban.key.jail);
}

std::vector<Ban> LocalBans::ToHandOver(size_t max_bans) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  for (const auto& [key, ban] : bans_) {
    if (bans.size() == max_bans) break;
    bans.push_back(ban);
  }
  return bans;
}

void LocalBans::HandedOver(const std::vector<Ban>& bans,
                           const std::string& history_id, uint64_t revision,
                           const std::vector<BanKey>& refused) {
  absl::MutexLock lock(&mutex_);
  for (const BanKey& key : refused) {
    spdlog::info("the coordinator does not want {} banned in {}",
                 key.source.ToString(), key.jail);
  }
  for (const Ban& ban : bans) {
    const auto found = bans_.find(ban.key);
    // One that was extended meanwhile is handed over again.
    if (found == bans_.end() || found->second.expire_time > ban.expire_time) {
      continue;
    }
    bans_.erase(found);
    ++changes_;
    enforcer_.SettleLocal(ban.key, history_id, revision);
  }
}

std::vector<Ban> LocalBans::bans() const { return ToHandOver(kMaxBans); }

uint64_t LocalBans::changes() const {
  absl::MutexLock lock(&mutex_);
  return changes_;
}

void LocalBans::ForgetLog(const std::string& jail, const std::string& log_id) {
  absl::MutexLock lock(&mutex_);
  counted_.erase({jail, log_id});
}

LocalBans::Statistics LocalBans::statistics() const {
  absl::MutexLock lock(&mutex_);
  Statistics statistics = statistics_;
  statistics.bans = bans_.size();
  return statistics;
}

}  // namespace mxban
