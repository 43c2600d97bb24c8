#ifndef MXBAN_COMMON_RANDOM_SEED_H_
#define MXBAN_COMMON_RANDOM_SEED_H_

// A seed for hashes: what no one outside can foresee, no one can choose texts
// for that are taken for each other.

#include <cstdint>
#include <random>

namespace mxban {

inline uint64_t RandomSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

}  // namespace mxban

#endif  // MXBAN_COMMON_RANDOM_SEED_H_
