#ifndef MXBAN_COMMON_FAILURE_COUNTER_H_
#define MXBAN_COMMON_FAILURE_COUNTER_H_

// Counts recent failures per source, exactly.
//
// A source that spreads its attempts over twenty servers stays below every
// local limit. A FailureCounter is where the reports of one jail meet.
//
// The window is exact: Record() tells how many failures lie within `window` of
// each other, whatever order they arrive in. Fail2Ban estimates a rate instead.
//
// Time is an argument, never read from a clock. Memory is bounded: the source
// idle for longest is forgotten when `max_sources` is reached, and of one
// source only so many times are kept as can still matter.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

class FailureCounter {
 public:
  struct Limits {
    absl::Duration window = absl::Minutes(10);  // Open at its old end.
    size_t max_failures = 3;                    // What is asked for: maxretry.
    size_t max_sources = 1'000'000;

    friend bool operator==(const Limits&, const Limits&) = default;
  };

  // REQUIRES: every limit is positive.
  explicit FailureCounter(const Limits& limits);

  struct Count {
    size_t failures = 0;
    absl::Time newest;  // Of those failures.
  };

  // Records a failure and returns the largest number of failures, this one
  // among them, that lie within one window; exact up to `max_failures`.
  //
  // REQUIRES: `time` is later than one window before every `time` yet to come
  // or recorded before, as it is when lines older than the window are refused.
  Count Record(const IpNetwork& source, absl::Time time);

  // Starts `source` afresh, because it was banned or pardoned.
  void Forget(const IpNetwork& source);

  // Forgets the sources whose failures are all so old that they cannot count
  // with one that happens at `now`. Looks only at those idle for longest.
  void ForgetStale(absl::Time now);

  const Limits& limits() const { return limits_; }
  size_t tracked_sources() const { return histories_.size(); }

  // How many sources were forgotten for want of room.
  uint64_t evicted_sources() const { return evicted_sources_; }

 private:
  struct History {
    std::vector<int64_t> times;  // Microseconds since 1970, oldest first.
    std::list<IpNetwork>::iterator recency_position;  // Into recency_.
  };

  // Returns the history of `source`, creating it, as the most recently used.
  History& Touch(const IpNetwork& source);
  Count LargestWindowAround(const std::vector<int64_t>& times,
                            size_t index) const;

  const Limits limits_;
  const int64_t window_us_;
  absl::flat_hash_map<IpNetwork, History> histories_;
  std::list<IpNetwork> recency_;  // Most recently recorded first.
  uint64_t evicted_sources_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_FAILURE_COUNTER_H_
