#include "coordinator/counted_failures.h"

#include <algorithm>

namespace mxban {

void CountedFailures::Forget(const BanKey& key) {
  if (all_.empty()) return;
  const auto found = Find(key);
  if (found == newest_.end()) return;
  for (uint32_t at = found->second; at != kNone;) {
    at = std::exchange(before_[at], kForgotten);
  }
  has_forgotten_ = true;
  newest_.erase(found);
}

std::vector<FailureView> CountedFailures::Of(const BanKey& key) {
  std::vector<FailureView> failures;
  const auto found = Find(key);
  if (found == newest_.end()) return failures;
  for (uint32_t at = found->second; at != kNone; at = before_[at]) {
    failures.push_back(all_[at]);
  }
  std::reverse(failures.begin(), failures.end());
  return failures;
}

std::vector<FailureView> CountedFailures::Take() {
  if (!has_forgotten_) return std::move(all_);
  std::vector<FailureView> failures;
  for (size_t i = 0; i < all_.size(); ++i) {
    const bool is_forgotten = i < before_.size() && before_[i] == kForgotten;
    if (!is_forgotten) failures.push_back(all_[i]);
  }
  return failures;
}

CountedFailures::Newest::iterator CountedFailures::Find(const BanKey& key) {
  while (before_.size() < all_.size()) {
    const auto at = static_cast<uint32_t>(before_.size());
    const FailureView& failure = all_[at];
    const auto newest =
        newest_.try_emplace({failure.jail, failure.source}, kNone).first;
    before_.push_back(std::exchange(newest->second, at));
  }
  return newest_.find({key.jail, key.source});
}

}  // namespace mxban
