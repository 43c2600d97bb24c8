#include "agent/reaction_times.h"

#include <algorithm>

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
      Watch({jail.name, jail.SourceOf(failure->source)}, log_id,
            failure->end_offset, now);
    }
  }
  next_.Count(jail, log_id, findings);
}

void ReactionTimes::ForgetLog(const std::string& jail,
                              const std::string& log_id) {
  next_.ForgetLog(jail, log_id);
}

void ReactionTimes::Watch(const BanKey& key, const std::string& log_id,
                          uint64_t end_offset, absl::Duration now) {
  const auto found = watched_.find(key);
  if (found == watched_.end()) {
    if (watched_.size() == kMaxWatched) ForgetOld(now);
    if (watched_.size() == kMaxWatched) return;
  } else {
    // Of several failures the last leads to the ban; one that had to wait for
    // room comes again.
    const Watched& known = found->second;
    const bool is_known =
        known.log_id == log_id && known.end_offset >= end_offset;
    if (known.is_banned || is_known) return;
  }
  watched_[key] = {.read = now, .log_id = log_id, .end_offset = end_offset};
}

void ReactionTimes::ForgetOld(absl::Duration now) {
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  absl::erase_if(watched_, [now](const auto& watched) {
    return watched.second.read + kPatience <= now ||
           watched.second.forget_at <= now;
  });
}

void ReactionTimes::OnAcknowledged(const std::string& jail,
                                   const std::string& log_id, uint64_t offset) {
  absl::MutexLock lock(&mutex_);
  if (watched_.empty()) return;
  const absl::Duration forget_at = uptime_() + kGrace;
  for (auto& [key, watched] : watched_) {
    if (key.jail == jail && watched.log_id == log_id &&
        watched.end_offset <= offset) {
      watched.forget_at = std::min(watched.forget_at, forget_at);
    }
  }
}

void ReactionTimes::OnDelta(const v1::BanDelta& delta, uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (watched_.empty()) return;
  const absl::Duration now = uptime_();
  for (const v1::StandingBan& wire : delta.imposed()) {
    const absl::StatusOr<StandingBan> ban = StandingBanFromProto(wire);
    if (!ban.ok()) return;
    const auto found = watched_.find(ban->key);
    if (found == watched_.end()) continue;
    if (found->second.forget_at <= now) {
      watched_.erase(found);
    } else {
      found->second.is_banned = true;
    }
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
