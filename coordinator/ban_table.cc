#include "coordinator/ban_table.h"

#include "absl/container/flat_hash_set.h"

namespace mxban {

void BanTable::Load(uint64_t revision, std::shared_ptr<const JailSet> jails,
                    std::vector<Ban> bans) {
  absl::MutexLock lock(&mutex_);
  revision_ = revision;
  jails_ = std::move(jails);
  for (const Ban& ban : bans) Insert(ban);
}

void BanTable::Publish(const Update& update) {
  {
    absl::MutexLock lock(&mutex_);
    revision_ = update.revision;
    if (update.jails != nullptr) jails_ = update.jails;
    for (const Change& change : update.changes) {
      Erase(change.ban.key);
      if (change.kind == ChangeKind::kImposed) Insert(change.ban);
    }
  }
  absl::MutexLock lock(&listeners_mutex_);
  for (Listener* listener : listeners_) listener->OnUpdate(update);
}

void BanTable::AddListener(Listener* listener) {
  absl::MutexLock lock(&listeners_mutex_);
  listeners_.push_back(listener);
}

void BanTable::RemoveListener(Listener* listener) {
  absl::MutexLock lock(&listeners_mutex_);
  std::erase(listeners_, listener);
}

uint64_t BanTable::revision() const {
  absl::MutexLock lock(&mutex_);
  return revision_;
}

size_t BanTable::size() const {
  absl::MutexLock lock(&mutex_);
  return bans_.size();
}

std::shared_ptr<const JailSet> BanTable::jails() const {
  absl::MutexLock lock(&mutex_);
  return jails_;
}

BanTable::Snapshot BanTable::GetSnapshot() const {
  absl::MutexLock lock(&mutex_);
  Snapshot snapshot = {revision_, jails_, {}};
  snapshot.bans.reserve(bans_.size());
  for (const auto& [key, ban] : bans_) {
    snapshot.bans.push_back({key, ban.expire_time});
  }
  return snapshot;
}

std::optional<Ban> BanTable::Find(const BanKey& key) const {
  absl::MutexLock lock(&mutex_);
  const auto found = bans_.find(key);
  if (found == bans_.end()) return std::nullopt;
  return found->second;
}

std::vector<Ban> BanTable::List(const std::optional<BanKey>& after,
                                size_t limit, const std::string& jail) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  auto next = after.has_value() ? bans_.upper_bound(*after) : bans_.begin();
  for (; next != bans_.end() && bans.size() < limit; ++next) {
    if (jail.empty() || next->first.jail == jail) bans.push_back(next->second);
  }
  return bans;
}

std::vector<Ban> BanTable::Covering(const IpNetwork& source,
                                    const std::string& jail) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  for (const auto& [name, unused] : counts_) {
    if (!jail.empty() && name != jail) continue;
    for (int length = source.prefix_length(); length >= 0; --length) {
      const auto found = bans_.find({name, source.Widened(length)});
      if (found != bans_.end()) bans.push_back(found->second);
    }
  }
  return bans;
}

std::vector<Ban> BanTable::Select(Match matches) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  for (const auto& [key, ban] : bans_) {
    if (matches(ban)) bans.push_back(ban);
  }
  return bans;
}

uint64_t BanTable::CountSources(Match matches) const {
  absl::MutexLock lock(&mutex_);
  absl::flat_hash_set<IpNetwork> sources;
  for (const auto& [key, ban] : bans_) {
    if (matches(ban)) sources.insert(key.source);
  }
  return sources.size();
}

size_t BanTable::CountOf(const std::string& jail) const {
  size_t count = 0;
  for (const auto& [origin, bans] : CountsByOrigin(jail)) count += bans;
  return count;
}

BanTable::OriginCounts BanTable::CountsByOrigin(const std::string& jail) const {
  absl::MutexLock lock(&mutex_);
  const auto found = counts_.find(jail);
  return found == counts_.end() ? OriginCounts() : found->second;
}

absl::Time BanTable::NextExpiry() const {
  absl::MutexLock lock(&mutex_);
  return by_expiry_.empty() ? absl::InfiniteFuture()
                            : by_expiry_.begin()->first;
}

std::vector<Ban> BanTable::ExpiredBy(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  for (const auto& [expire_time, key] : by_expiry_) {
    if (expire_time > now) break;
    bans.push_back(bans_.find(key)->second);
  }
  return bans;
}

void BanTable::Insert(const Ban& ban) {
  bans_[ban.key] = ban;
  by_expiry_.emplace(ban.expire_time, ban.key);
  ++counts_[ban.key.jail][ban.origin];
}

void BanTable::Erase(const BanKey& key) {
  const auto found = bans_.find(key);
  if (found == bans_.end()) return;
  by_expiry_.erase({found->second.expire_time, key});
  OriginCounts& counts = counts_[key.jail];
  const auto count = counts.find(found->second.origin);
  if (--count->second == 0) counts.erase(count);
  if (counts.empty()) counts_.erase(key.jail);
  bans_.erase(found);
}

}  // namespace mxban
