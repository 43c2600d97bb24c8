#include "agent/reaction_times.h"

#include "common/jail.h"
#include "common/proto_convert.h"

namespace mxban {
namespace {

// How often room is looked for when there is none.
constexpr absl::Duration kLookInterval = absl::Seconds(1);

}  // namespace

void ReactionTimes::Count(const Jail& jail, const std::string& log_id,
                          const std::vector<Finding>& findings) {
  if (uptime_ != nullptr) {
    absl::MutexLock lock(&mutex_);
    const absl::Duration now = uptime_();
    for (const Finding& finding : findings) {
      const auto* failure = std::get_if<Failure>(&finding);
      if (failure == nullptr) continue;
      Watch({jail.name, jail.SourceOf(failure->source)}, now);
    }
  }
  next_.Count(jail, log_id, findings);
}

void ReactionTimes::ForgetLog(const std::string& jail,
                              const std::string& log_id) {
  next_.ForgetLog(jail, log_id);
}

void ReactionTimes::Watch(const BanKey& key, absl::Duration now) {
  const auto found = watched_.find(key);
  if (found != watched_.end()) {
    // Of several failures the last leads to the ban.
    if (!found->second.is_banned) found->second.read = now;
    return;
  }
  if (watched_.size() == kMaxWatched) ForgetOld(now);
  if (watched_.size() < kMaxWatched) watched_[key] = {.read = now};
}

void ReactionTimes::ForgetOld(absl::Duration now) {
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  absl::erase_if(watched_, [now](const auto& watched) {
    return watched.second.read + kPatience <= now;
  });
}

void ReactionTimes::OnDelta(const v1::BanDelta& delta, uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (watched_.empty()) return;
  for (const v1::StandingBan& wire : delta.imposed()) {
    const absl::StatusOr<StandingBan> ban = StandingBanFromProto(wire);
    if (!ban.ok()) return;
    const auto found = watched_.find(ban->key);
    if (found != watched_.end()) found->second.is_banned = true;
  }
  if (revision == 0) return;
  for (auto& [key, watched] : watched_) {
    if (watched.is_banned && watched.revision == 0) watched.revision = revision;
  }
}

void ReactionTimes::OnEnforced(uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (watched_.empty()) return;
  const absl::Duration now = uptime_();
  absl::erase_if(watched_, [&](const auto& entry) {
    const Watched& watched = entry.second;
    if (watched.revision == 0 || watched.revision > revision) return false;
    seconds_.Observe(absl::ToDoubleSeconds(now - watched.read));
    return true;
  });
}

}  // namespace mxban
