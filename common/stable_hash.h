#ifndef MXBAN_COMMON_STABLE_HASH_H_
#define MXBAN_COMMON_STABLE_HASH_H_

// A hash that is the same on every machine and in every release, for names and
// files; attackers may find two texts of one hash.

#include <cstdint>

#include "absl/strings/string_view.h"

namespace mxban {

// FNV-1a.
inline uint64_t StableHash(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) {
    hash = (hash ^ c) * 0x100000001b3;
  }
  return hash ^ (hash >> 40);  // All bits count in the lowest 40.
}

}  // namespace mxban

#endif  // MXBAN_COMMON_STABLE_HASH_H_
