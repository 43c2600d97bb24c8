#include "coordinator/pardons.h"

#include <algorithm>
#include <functional>

namespace mxban {

void Pardons::Load(const std::vector<Pardon>& pardons) {
  times_.clear();
  prefix_lengths_.clear();
  for (const Pardon& pardon : pardons) Add(pardon);
}

void Pardons::Add(const Pardon& pardon) {
  absl::Time& time =
      times_.try_emplace(pardon.key, absl::InfinitePast()).first->second;
  time = std::max(time, pardon.time);
  prefix_lengths_.insert(pardon.key.source.prefix_length());
}

absl::Time Pardons::NewestOf(const BanKey& key) const {
  absl::Time newest = absl::InfinitePast();
  for (const int length : prefix_lengths_) {
    const auto found = times_.find({key.jail, key.source.Widened(length)});
    if (found != times_.end()) newest = std::max(newest, found->second);
  }
  return newest;
}

bool Pardons::Covers(const BanKey& key, absl::Time time) const {
  if (times_.empty()) return false;
  // Stamps are whole seconds: one of a pardon's own may be later than it.
  return time < absl::FromUnixSeconds(absl::ToUnixSeconds(NewestOf(key)));
}

absl::Time Pardons::ForgetBefore(absl::Time time) {
  if (times_.size() > kMaxPardons) {
    std::vector<absl::Time> newest_first;
    for (const auto& [key, pardoned] : times_) newest_first.push_back(pardoned);
    std::nth_element(newest_first.begin(), newest_first.begin() + kMaxPardons,
                     newest_first.end(), std::greater<>());
    const absl::Time newest =
        *std::max_element(newest_first.begin(), newest_first.end());
    // Just after the newest one that is too many, but an operator who pardons
    // more at once means them all.
    time = std::max(time, std::min(newest, newest_first[kMaxPardons] +
                                               absl::Microseconds(1)));
  }
  absl::erase_if(times_,
                 [time](const auto& pardon) { return pardon.second < time; });
  if (times_.empty()) prefix_lengths_.clear();
  return time;
}

}  // namespace mxban
