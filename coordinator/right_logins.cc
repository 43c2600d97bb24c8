#include "coordinator/right_logins.h"

#include <algorithm>

namespace mxban {

void RightLogins::Load(Turn& turn, const JailSet& jails,
                       const std::vector<StoredLogin>& logins) {
  senders_.clear();
  for (const StoredLogin& login : logins) {
    const auto jail = jails.find(login.key.jail);
    if (jail == jails.end() || jail->second.filter.success_regexes.empty()) {
      continue;
    }
    Record(turn, jail->second, login.key, login.user, login.time);
  }
}

bool RightLogins::Record(Turn& turn, const Jail& jail, const BanKey& key,
                         const std::string& user, absl::Time time) {
  std::unique_ptr<GoodSenders>& senders = senders_[jail.name];
  if (senders == nullptr) {
    // A failure is stored for two windows at least.
    senders = std::make_unique<GoodSenders>(
        GoodSenders::Limits{jail.good_time, 2 * jail.find_time, max_users_});
  }
  const uint64_t evicted_before = senders->evicted_users();
  const bool is_news = senders->Record(key.source, user, time);
  if (senders->evicted_users() != evicted_before) {
    absl::Time& until =
        turn.forgotten_logins.try_emplace(jail.name, absl::InfinitePast())
            .first->second;
    until = std::max(until, senders->evicted_until());
  }
  return is_news;
}

bool RightLogins::Forgives(const FailureView& failure) const {
  const GoodSenders* senders = SendersOf(failure.jail);
  return senders != nullptr &&
         senders->Forgives(failure.source, failure.user, failure.time);
}

bool RightLogins::IsGood(const BanKey& key, absl::Time now) const {
  const GoodSenders* senders = SendersOf(key.jail);
  return senders != nullptr && senders->IsGood(key.source, now);
}

std::optional<absl::Time> RightLogins::NewestOf(const BanKey& key) const {
  const GoodSenders* senders = SendersOf(key.jail);
  if (senders == nullptr) return std::nullopt;
  return senders->NewestOf(key.source);
}

size_t RightLogins::good_sources(const std::string& jail,
                                 absl::Time now) const {
  GoodSenders* senders = SendersOf(jail);
  return senders == nullptr ? 0 : senders->good_sources(now);
}

size_t RightLogins::good_sources(absl::Time now) const {
  size_t count = 0;
  for (const auto& [jail, senders] : senders_) {
    count += senders->good_sources(now);
  }
  return count;
}

void RightLogins::ForgetStale(absl::Time now) {
  for (const auto& [jail, senders] : senders_) senders->ForgetStale(now);
}

uint64_t RightLogins::evicted_users() const {
  uint64_t count = 0;
  for (const auto& [jail, senders] : senders_) {
    count += senders->evicted_users();
  }
  return count;
}

GoodSenders* RightLogins::SendersOf(absl::string_view jail) const {
  const auto found = senders_.find(jail);
  return found == senders_.end() ? nullptr : found->second.get();
}

}  // namespace mxban
