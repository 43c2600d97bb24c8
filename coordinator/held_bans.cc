#include "coordinator/held_bans.h"

#include "absl/container/flat_hash_set.h"
#include "common/ban_policy.h"
#include "spdlog/spdlog.h"

namespace mxban {

absl::Status NothingHeld(const HeldSelection& selection) {
  return absl::NotFoundError(
      (selection.source ? "no ban of " + selection.source->ToString()
                        : std::string("no ban")) +
      (selection.jail.empty() ? "" : " in jail " + selection.jail) +
      " is held");
}

HeldBan Refreshed(HeldBan held, const Ban& later) {
  Ban& ban = held.ban;
  ban.failure_count += later.failure_count;
  std::set<std::string> servers(ban.servers.begin(), ban.servers.end());
  for (const std::string& server : later.servers) {
    if (servers.size() < kMaxServers) servers.insert(server);
  }
  ban.servers.assign(servers.begin(), servers.end());
  ban.evidence.insert(ban.evidence.end(), later.evidence.begin(),
                      later.evidence.end());
  if (ban.evidence.size() > kMaxEvidence) {
    ban.evidence.erase(ban.evidence.begin(), ban.evidence.end() - kMaxEvidence);
  }
  return held;
}

Ban Released(const HeldBan& held, absl::Time now) {
  Ban ban = held.ban;
  ban.expire_time = EndOf(now, ban.expire_time - ban.create_time);
  ban.create_time = now;
  ban.origin = BanOrigin::kCounted;
  return ban;
}

void HeldBans::Load(const std::vector<HeldBan>& held) {
  absl::MutexLock lock(&mutex_);
  for (const HeldBan& one : held) Insert(one);
}

std::optional<HeldBan> HeldBans::Find(const Turn& turn,
                                      const BanKey& key) const {
  const auto changed = turn.held.find(key);
  std::optional<HeldBan> held =
      changed == turn.held.end() ? Find(key) : changed->second;
  // One whose time is over is held no longer, though no turn has dropped it.
  if (held && held->ban.expire_time <= turn.now) return std::nullopt;
  return held;
}

std::vector<HeldBan> HeldBans::Select(const Turn& turn,
                                      const HeldSelection& selection) const {
  std::vector<HeldBan> selected;
  const auto take = [&](const HeldBan& held) {
    if (selection.Matches(held.ban.key) && held.ban.expire_time > turn.now) {
      selected.push_back(held);
    }
  };
  for (const auto& [key, held] : turn.held) {
    if (held) take(*held);
  }
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, held] : held_) {
    if (!turn.held.contains(key)) take(held);
  }
  return selected;
}

void HeldBans::Bound(Turn& turn) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [expire_time, key] : by_expiry_) {
    if (expire_time > turn.now) break;
    turn.held.try_emplace(key, std::nullopt);
  }
  size_t size = held_.size();
  for (const auto& [key, held] : turn.held) {
    if (held.has_value() == held_.contains(key)) continue;
    held.has_value() ? ++size : --size;
  }
  if (size <= most_held_) return;
  spdlog::warn("more than {} bans are held: the {} oldest are dropped",
               most_held_, size - most_held_);
  for (auto oldest = by_age_.begin();
       size > most_held_ && oldest != by_age_.end(); ++oldest) {
    if (turn.held.try_emplace(oldest->second, std::nullopt).second) --size;
  }
  // Only a turn that holds more than there is room for comes to this.
  for (auto next = turn.held.begin();
       size > most_held_ && next != turn.held.end(); ++next) {
    if (!next->second.has_value()) continue;
    next->second.reset();
    --size;
  }
}

void HeldBans::Publish(const Turn& turn) {
  if (turn.held.empty()) return;
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, held] : turn.held) {
    Erase(key);
    if (held) Insert(*held);
  }
}

size_t HeldBans::size() const {
  absl::MutexLock lock(&mutex_);
  return held_.size();
}

std::optional<HeldBan> HeldBans::Find(const BanKey& key) const {
  absl::MutexLock lock(&mutex_);
  const auto found = held_.find(key);
  if (found == held_.end()) return std::nullopt;
  return found->second;
}

std::vector<HeldBan> HeldBans::List(const std::optional<BanKey>& after,
                                    size_t limit) const {
  absl::MutexLock lock(&mutex_);
  std::vector<HeldBan> held;
  auto next = after.has_value() ? held_.upper_bound(*after) : held_.begin();
  for (; next != held_.end() && held.size() < limit; ++next) {
    held.push_back(next->second);
  }
  return held;
}

uint64_t HeldBans::CountSources(const HeldSelection& selection) const {
  absl::MutexLock lock(&mutex_);
  absl::flat_hash_set<IpNetwork> sources;
  for (const auto& [key, held] : held_) {
    if (selection.Matches(key)) sources.insert(key.source);
  }
  return sources.size();
}

absl::Time HeldBans::NextExpiry() const {
  absl::MutexLock lock(&mutex_);
  return by_expiry_.empty() ? absl::InfiniteFuture()
                            : by_expiry_.begin()->first;
}

void HeldBans::Insert(const HeldBan& held) {
  held_[held.ban.key] = held;
  by_age_.emplace(held.ban.create_time, held.ban.key);
  by_expiry_.emplace(held.ban.expire_time, held.ban.key);
}

void HeldBans::Erase(const BanKey& key) {
  const auto found = held_.find(key);
  if (found == held_.end()) return;
  by_age_.erase({found->second.ban.create_time, key});
  by_expiry_.erase({found->second.ban.expire_time, key});
  held_.erase(found);
}

}  // namespace mxban
