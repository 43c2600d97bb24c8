#include "agent/wanted_bans.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/string_view.h"

namespace mxban {
namespace {

// The store of `history_id`, which names the coordinator's run as well:
// `HISTORY/RUN`.
absl::string_view Store(absl::string_view history_id) {
  return history_id.substr(0, history_id.rfind('/'));
}

}  // namespace

void WantedBans::Tell(const BanKey& key,
                      std::optional<absl::Time> expire_time) {
  const auto local = local_bans_.find(key);
  if (local != local_bans_.end()) {
    local->second.told = expire_time;
    expire_time = std::max(expire_time.value_or(absl::InfinitePast()),
                           local->second.expire_time);
  }
  if (expire_time) {
    Set(key, *expire_time);
  } else {
    Erase(key);
  }
}

void WantedBans::Complete(const std::string& history_id, uint64_t revision) {
  history_id_ = history_id;
  revision_ = revision;
  DropSettled();
}

void WantedBans::Replace(const absl::btree_map<BanKey, absl::Time>& told) {
  std::vector<BanKey> gone;
  for (const auto& [key, expire_time] : bans_) {
    if (!told.contains(key)) gone.push_back(key);
  }
  for (const BanKey& key : gone) Tell(key, std::nullopt);
  for (const auto& [key, expire_time] : told) Tell(key, expire_time);
}

void WantedBans::ImposeLocally(const StandingBan& ban) {
  const auto standing = bans_.find(ban.key);
  const auto [found, is_new] = local_bans_.try_emplace(ban.key);
  LocalBan& local = found->second;
  if (is_new && standing != bans_.end()) local.told = standing->second;
  local.expire_time = ban.expire_time;
  local.history_id.clear();
  Set(ban.key,
      std::max(ban.expire_time, local.told.value_or(absl::InfinitePast())));
}

void WantedBans::SettleLocal(const BanKey& key, const std::string& history_id,
                             uint64_t revision) {
  const auto local = local_bans_.find(key);
  if (local == local_bans_.end()) return;
  local->second.history_id = history_id;
  local->second.revision = revision;
  DropSettled();
}

void WantedBans::DropSettled() {
  absl::erase_if(local_bans_, [&](const auto& ban) {
    const auto& [key, local] = ban;
    const bool is_settled = !local.history_id.empty() &&
                            local.history_id == Store(history_id_) &&
                            local.revision <= revision_;
    if (!is_settled) return false;
    if (local.told) {
      Set(key, *local.told);
    } else {
      Erase(key);
    }
    return true;
  });
}

void WantedBans::Expire(absl::Time now) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    const BanKey key = by_expiry_.begin()->second;
    local_bans_.erase(key);
    Erase(key);
  }
}

absl::Time WantedBans::NextExpiry() const {
  return by_expiry_.empty() ? absl::InfiniteFuture()
                            : by_expiry_.begin()->first;
}

size_t WantedBans::EndingBy(absl::Time time) const {
  size_t count = 0;
  for (const auto& [expire_time, key] : by_expiry_) {
    if (expire_time > time) break;
    ++count;
  }
  return count;
}

size_t WantedBans::CountIn(const std::string& jail) const {
  const auto found = counts_.find(jail);
  return found == counts_.end() ? 0 : found->second;
}

size_t WantedBans::Count() const {
  size_t count = 0;
  for (const auto& [jail, bans] : counts_) count += bans;
  return count;
}

void WantedBans::SetNeverBan(std::vector<IpNetwork> never_ban) {
  never_ban_ = std::move(never_ban);
  counts_.clear();
  for (const auto& [key, expire_time] : bans_) {
    if (!IsSpared(key.source)) ++counts_[key.jail];
  }
}

bool WantedBans::IsSpared(const IpNetwork& source) const {
  return absl::c_any_of(never_ban_, [&](const IpNetwork& network) {
    return network.Contains(source);
  });
}

void WantedBans::Set(const BanKey& key, absl::Time expire_time) {
  const auto found = bans_.find(key);
  if (found != bans_.end()) {
    if (found->second == expire_time) return;
    by_expiry_.erase({found->second, key});
  }
  if (found == bans_.end() && !IsSpared(key.source)) ++counts_[key.jail];
  bans_[key] = expire_time;
  by_expiry_.emplace(expire_time, key);
  changed_.insert(key);
}

void WantedBans::Erase(const BanKey& key) {
  const auto found = bans_.find(key);
  if (found == bans_.end()) return;
  if (!IsSpared(key.source)) --counts_[key.jail];
  by_expiry_.erase({found->second, key});
  bans_.erase(found);
  changed_.insert(key);
}

}  // namespace mxban
