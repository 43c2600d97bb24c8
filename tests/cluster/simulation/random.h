#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_RANDOM_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_RANDOM_H_

// All that is random in a schedule: the same numbers for the same seed, on
// every machine (SplitMix64).

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace mxban::simulation {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // REQUIRES: n > 0.
  size_t Below(size_t n) { return Next() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }

  // Whole milliseconds; each order of magnitude is as likely as any other.
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    absl::Duration from = least;
    while (from * 2 < most && !OneIn(Doublings(from, most) + 1)) from *= 2;
    const absl::Duration to = from * 2 < most ? from * 2 : most;
    const int64_t span = absl::ToInt64Milliseconds(to - from) + 1;
    return absl::Trunc(from, absl::Milliseconds(1)) +
           absl::Milliseconds(static_cast<int64_t>(Below(span)));
  }

 private:
  static size_t Doublings(absl::Duration from, absl::Duration most) {
    size_t count = 0;
    while ((from *= 2) < most) ++count;
    return count;
  }

  uint64_t state_;
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_RANDOM_H_
