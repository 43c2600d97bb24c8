#ifndef MXBAN_COORDINATOR_VARINT_H_
#define MXBAN_COORDINATOR_VARINT_H_

// Numbers of variable length, as Protocol Buffers have them ("varint"): seven
// bits a byte, the lowest first, of which all but the last have the high bit.

#include <cstdint>

#include "absl/strings/string_view.h"

namespace mxban {

// Writes `number` from `at` on, in ten bytes at most. Returns where it ends.
inline char* PutVarint(uint64_t number, char* at) {
  for (; number >= 0x80; number >>= 7) {
    *at++ = static_cast<char>(number | 0x80);
  }
  *at++ = static_cast<char>(number);
  return at;
}

// Takes a number from the beginning of `bytes`; false if there is none.
inline bool TakeVarint(absl::string_view& bytes, uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_VARINT_H_
