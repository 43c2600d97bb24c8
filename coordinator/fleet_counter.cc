#include "coordinator/fleet_counter.h"

#include <optional>

#include "common/escalation.h"
#include "common/status_macros.h"

namespace mxban {

absl::Status FleetCounter::CountAgain(
    Turn& turn, const JailSet& jails,
    const std::vector<StoredFailure>& failures, const RightLogins& right_logins,
    const Pardons& pardons) {
  evicted_before_ = evicted_sources();
  counters_.clear();
  newest_ = nullptr;
  for (const StoredFailure& failure : failures) {
    const auto jail = jails.find(failure.key.jail);
    if (jail == jails.end() || right_logins.Forgives(failure)) continue;
    // Of a salvaged store it may be lost that they were forgotten.
    if (pardons.Covers(failure.key, failure.time)) continue;
    RETURN_IF_ERROR(Record(turn, jail->second, failure.key, failure.time,
                           failure.server, failure.user)
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<Offence> FleetCounter::Record(Turn& turn, const Jail& jail,
                                             const BanKey& key, absl::Time time,
                                             absl::string_view server,
                                             absl::string_view user) {
  ASSIGN_OR_RETURN(const uint32_t earlier_bans, EarlierBans(turn, jail, key));
  FailureCounter& counter = CounterOf(jail);
  FailureCounter::Count count;
  for (uint32_t i = FailureWeight(jail, earlier_bans); i > 0; --i) {
    count = counter.Record(key.source, time, server, user);
    if (count.has_dropped) Trim(turn, jail, key);
  }
  for (const IpNetwork& evicted : counter.TakeEvicted()) {
    turn.ForgetFailures({jail.name, evicted});
  }
  return Offence{.source = key.source,
                 .count = count.failures,
                 .servers = count.servers,
                 .newest = count.newest,
                 .earlier_bans = earlier_bans};
}

void FleetCounter::Trim(Turn& turn, const Jail& jail, const BanKey& key) {
  size_t kept = FailureCounter::MaxKept(CounterOf(jail).limits());
  if (!jail.filter.success_regexes.empty()) kept += kRoomForForgiven;
  turn.trimmed[key] = {key, kept, jail.min_servers > 1};
}

void FleetCounter::Forget(const BanKey& key) {
  const auto counter = counters_.find(key.jail);
  if (counter != counters_.end()) counter->second->Forget(key.source);
}

void FleetCounter::Forgive(const BanKey& key, absl::string_view user) {
  const auto counter = counters_.find(key.jail);
  if (counter != counters_.end()) counter->second->Forgive(key.source, user);
}

void FleetCounter::ForgetStale(Turn& turn) {
  for (const auto& [jail, counter] : counters_) {
    for (const IpNetwork& source : counter->ForgetStale(turn.now)) {
      turn.ForgetFailures({jail, source});
    }
  }
}

uint64_t FleetCounter::tracked_sources() const {
  uint64_t sources = 0;
  for (const auto& [jail, counter] : counters_) {
    sources += counter->tracked_sources();
  }
  return sources;
}

uint64_t FleetCounter::evicted_sources() const {
  uint64_t sources = evicted_before_;
  for (const auto& [jail, counter] : counters_) {
    sources += counter->evicted_sources();
  }
  return sources;
}

FailureCounter& FleetCounter::CounterOf(const Jail& jail) {
  // Failures come in batches of one jail.
  if (newest_ != nullptr && newest_jail_ == jail.name) return *newest_;
  std::unique_ptr<FailureCounter>& counter = counters_[jail.name];
  if (counter == nullptr) {
    counter = std::make_unique<FailureCounter>(FailureCounter::Limits{
        jail.find_time, jail.max_retry, max_sources_, jail.min_servers});
  }
  newest_ = counter.get();
  newest_jail_ = jail.name;
  return *newest_;
}

absl::StatusOr<uint32_t> FleetCounter::EarlierBans(const Turn& turn,
                                                   const Jail& jail,
                                                   const BanKey& key) {
  if (!jail.escalation) return 0;
  ASSIGN_OR_RETURN(const BanCounts stored, store_.BanCountsOf(key));
  const BanCounts counts = turn.Remembered(key, stored);
  const uint32_t count =
      jail.escalation->over_all_jails ? counts.in_all_jails : counts.in_jail;
  // The one that stands is none of them. It is among the stored ones unless
  // this turn has imposed it, which gave it no revision yet.
  const std::optional<Ban> standing = turn.Standing(key);
  const bool counts_itself = standing.has_value() && standing->revision != 0;
  return counts_itself && count > 0 ? count - 1 : count;
}

}  // namespace mxban
