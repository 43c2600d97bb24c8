#include "common/failure_counter.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "common/random_seed.h"

namespace mxban {
namespace {

// Two of them are still a number of microseconds.
constexpr absl::Duration kLongestWindow = absl::Hours(24 * 366 * 10'000LL);

}  // namespace

FailureCounter::FailureCounter(const Limits& limits)
    : limits_(limits),
      window_us_(absl::ToInt64Microseconds(
          std::clamp(limits.window, absl::Microseconds(1), kLongestWindow))),
      seed_(RandomSeed()),
      window_(window_us_, limits.max_failures, limits.min_servers) {}

FailureCounter::Count FailureCounter::Record(const IpNetwork& source,
                                             absl::Time time,
                                             absl::string_view server,
                                             absl::string_view user) {
  const int64_t time_us = absl::ToUnixMicros(time);
  const uint16_t number = sources_.NumberOf(server, time_us);
  uint32_t& list = sources_[PlaceFor(source, number)].failures;
  failures_.Read(list, kept_);
  const auto inserted = kept_.insert(
      std::upper_bound(kept_.begin(), kept_.end(), time_us,
                       [](int64_t time_us, const KeptFailure& failure) {
                         return time_us < failure.time_us;
                       }),
      {time_us, number, HashOf(user)});
  const FailureWindow::Largest largest =
      window_.LargestAround(kept_, inserted - kept_.begin());
  const size_t before = kept_.size();
  window_.DropUnneeded(kept_);
  list = failures_.Write(list, kept_);
  return {largest.failures, largest.servers,
          absl::FromUnixMicros(largest.newest_us), kept_.size() < before};
}

void FailureCounter::LookFor(const IpNetwork& source) const {
  const uint32_t place = sources_.Find(source);
  if (place == TrackedSources::kNone) return;
  __builtin_prefetch(failures_.NewestOf(sources_[place].failures));
}

size_t FailureCounter::MaxKept(const Limits& limits) {
  return FailureWindow::MaxKept(limits.max_failures, limits.min_servers);
}

void FailureCounter::Forget(const IpNetwork& source) {
  const uint32_t place = sources_.Find(source);
  if (place != TrackedSources::kNone) Remove(place);
}

void FailureCounter::Forgive(const IpNetwork& source, absl::string_view user) {
  const uint32_t place = sources_.Find(source);
  if (place == TrackedSources::kNone || user.empty()) return;
  uint32_t& list = sources_[place].failures;
  failures_.Read(list, kept_);
  const uint16_t hash = HashOf(user);
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(),
                             [hash](const KeptFailure& failure) {
                               return failure.user == hash;
                             }),
              kept_.end());
  list = failures_.Write(list, kept_);
  if (kept_.empty()) Remove(place);
}

std::vector<IpNetwork> FailureCounter::ForgetStale(absl::Time now) {
  std::vector<IpNetwork> forgotten;
  const int64_t stale_us = absl::ToUnixMicros(now) - 2 * window_us_;
  for (uint32_t place : sources_.IdlestOfEach()) {
    while (place != TrackedSources::kNone && forgotten.size() < kMaxStale &&
           failures_.NewestTime(sources_[place].failures) <= stale_us) {
      forgotten.push_back(sources_[place].network);
      Remove(std::exchange(place, sources_[place].newer));
    }
  }
  sources_.ForgetServersSince(stale_us);
  return forgotten;
}

std::vector<IpNetwork> FailureCounter::TakeEvicted() {
  return std::exchange(evicted_, {});
}

uint32_t FailureCounter::PlaceFor(const IpNetwork& source, uint16_t server) {
  const uint32_t place = sources_.Find(source);
  if (place != TrackedSources::kNone) {
    sources_.Touch(place);
    return place;
  }
  if (sources_.size() == limits_.max_sources) {
    const uint32_t displaced = sources_.ToDisplace(server);
    if (evicted_.size() < kMaxEvicted) {
      evicted_.push_back(sources_[displaced].network);
    }
    ++evicted_sources_;
    Remove(displaced);
  }
  return sources_.Add(source, server);
}

void FailureCounter::Remove(uint32_t place) {
  failures_.Write(sources_[place].failures, {});
  sources_.Remove(place);
}

uint16_t FailureCounter::HashOf(absl::string_view user) const {
  if (user.empty()) return 0;
  return static_cast<uint16_t>(1 + absl::HashOf(seed_, user) % 65'535);
}

}  // namespace mxban
