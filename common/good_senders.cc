#include "common/good_senders.h"

#include "absl/hash/hash.h"
#include "common/random_seed.h"

namespace mxban {

GoodSenders::GoodSenders(const Limits& limits)
    : limits_(limits), seed_(RandomSeed()) {}

bool GoodSenders::Record(const IpNetwork& source, absl::string_view user,
                         absl::Time time) {
  const uint64_t hash = HashOf(source, user);
  const int64_t time_us = absl::ToUnixMicros(time);
  const auto [login, is_new] = logins_.try_emplace(hash, time_us);
  if (!is_new) {
    if (time_us <= login->second) return false;
    by_time_.erase({login->second, source, hash});
    login->second = time_us;
  }
  by_time_.insert({time_us, source, hash});
  Sender& sender = senders_.try_emplace(source, Sender{time_us}).first->second;
  if (is_new) ++sender.users;
  SetNewest(source, sender, time_us);
  MakeRoom();
  return true;
}

void GoodSenders::SetLimits(const Limits& limits) {
  limits_ = limits;
  MakeRoom();
}

bool GoodSenders::Forgives(const IpNetwork& source, absl::string_view user,
                           absl::Time time) const {
  if (user.empty()) return false;
  const auto login = logins_.find(HashOf(source, user));
  return login != logins_.end() &&
         absl::FromUnixMicros(login->second) > time - limits_.good_time;
}

std::optional<absl::Time> GoodSenders::NewestOf(const IpNetwork& source) const {
  const auto sender = senders_.find(source);
  if (sender == senders_.end()) return std::nullopt;
  return absl::FromUnixMicros(sender->second.newest);
}

bool GoodSenders::IsGood(const IpNetwork& source, absl::Time now) const {
  const std::optional<absl::Time> newest = NewestOf(source);
  return newest.has_value() && *newest > now - limits_.good_time;
}

size_t GoodSenders::good_sources(absl::Time now) {
  static const IpNetwork first_source = IpNetwork::ParseOrDie("::/0");
  const int64_t until = absl::ToUnixMicros(now - limits_.good_time);
  auto good = by_newest_.lower_bound({old_until_ + 1, first_source});
  for (; good != by_newest_.end() && good->first <= until; ++good) ++old_;
  while (good != by_newest_.begin() && (--good)->first > until) --old_;
  old_until_ = until;
  return by_newest_.size() - old_;
}

void GoodSenders::ForgetStale(absl::Time now) {
  const int64_t stale_us =
      absl::ToUnixMicros(now - limits_.good_time - limits_.lateness);
  while (!by_time_.empty() && by_time_.begin()->time <= stale_us) {
    ForgetOldest();
  }
}

uint64_t GoodSenders::HashOf(const IpNetwork& source,
                             absl::string_view user) const {
  return absl::HashOf(seed_, source, user);
}

void GoodSenders::SetNewest(const IpNetwork& source, Sender& sender,
                            int64_t time) {
  if (time < sender.newest) return;
  EraseNewest(source, sender.newest);
  sender.newest = time;
  InsertNewest(source, time);
}

void GoodSenders::InsertNewest(const IpNetwork& source, int64_t time) {
  if (by_newest_.insert({time, source}).second && time <= old_until_) ++old_;
}

void GoodSenders::EraseNewest(const IpNetwork& source, int64_t time) {
  if (by_newest_.erase({time, source}) > 0 && time <= old_until_) --old_;
}

void GoodSenders::MakeRoom() {
  while (logins_.size() > limits_.max_users) {
    const int64_t oldest_us = by_time_.begin()->time;
    while (!by_time_.empty() && by_time_.begin()->time == oldest_us) {
      ForgetOldest();
      ++evicted_users_;
    }
    evicted_until_ = absl::FromUnixMicros(oldest_us);
  }
}

void GoodSenders::ForgetOldest() {
  const Login oldest = *by_time_.begin();
  by_time_.erase(by_time_.begin());
  logins_.erase(oldest.user);
  // The newest login of a source is the last of it to go.
  const auto sender = senders_.find(oldest.source);
  if (--sender->second.users > 0) return;
  EraseNewest(oldest.source, sender->second.newest);
  senders_.erase(sender);
}

}  // namespace mxban
