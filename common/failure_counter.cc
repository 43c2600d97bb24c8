#include "common/failure_counter.h"

#include <algorithm>

namespace mxban {

FailureCounter::FailureCounter(const Limits& limits)
    : limits_(limits), window_us_(absl::ToInt64Microseconds(limits.window)) {}

FailureCounter::Count FailureCounter::Record(const IpNetwork& source,
                                             absl::Time time) {
  std::vector<int64_t>& times = Touch(source).times;
  const int64_t time_us = absl::ToUnixMicros(time);
  const auto inserted = times.insert(
      std::upper_bound(times.begin(), times.end(), time_us), time_us);
  const Count largest = LargestWindowAround(times, inserted - times.begin());
  // A late failure may need max_failures - 1 times on either side of it.
  if (times.size() >= 2 * limits_.max_failures) times.erase(times.begin());
  return largest;
}

void FailureCounter::Forget(const IpNetwork& source) {
  const auto found = histories_.find(source);
  if (found == histories_.end()) return;
  recency_.erase(found->second.recency_position);
  histories_.erase(found);
}

void FailureCounter::ForgetStale(absl::Time now) {
  const int64_t stale_us = absl::ToUnixMicros(now) - 2 * window_us_;
  while (!recency_.empty()) {
    const IpNetwork idlest = recency_.back();
    if (histories_.find(idlest)->second.times.back() > stale_us) return;
    Forget(idlest);
  }
}

FailureCounter::History& FailureCounter::Touch(const IpNetwork& source) {
  const auto [found, is_new] = histories_.try_emplace(source);
  History& history = found->second;
  if (!is_new) {
    recency_.splice(recency_.begin(), recency_, history.recency_position);
    return history;
  }
  recency_.push_front(source);
  history.recency_position = recency_.begin();
  if (histories_.size() <= limits_.max_sources) return history;
  const IpNetwork idlest = recency_.back();
  Forget(idlest);
  ++evicted_sources_;
  return histories_.find(source)->second;
}

FailureCounter::Count FailureCounter::LargestWindowAround(
    const std::vector<int64_t>& times, size_t index) const {
  Count largest;
  // Each window that holds times[index] is given by its first failure; of
  // windows alike the latest counts.
  for (size_t first = index + 1; first-- > 0;) {
    if (times[first] <= times[index] - window_us_) break;
    const auto end = std::lower_bound(times.begin() + index, times.end(),
                                      times[first] + window_us_);
    const size_t failures = end - times.begin() - first;
    if (failures > largest.failures) {
      largest = {failures, absl::FromUnixMicros(*(end - 1))};
    }
  }
  largest.failures = std::min(largest.failures, limits_.max_failures);
  return largest;
}

}  // namespace mxban
