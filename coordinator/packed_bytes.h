#ifndef MXBAN_COORDINATOR_PACKED_BYTES_H_
#define MXBAN_COORDINATOR_PACKED_BYTES_H_

// Bytes in less room: lines of a log are much alike. The only module that names
// LZ4, of which this is the block format.
//
// The first byte says what follows: 0 the bytes as they are, 1 their number in
// four bytes, little-endian, and an LZ4 block.

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

// No more are packed at once: damage must not make us want much memory.
inline constexpr size_t kMostPacked = 1 << 20;

// Makes `packed` of `bytes`, as they are where that takes less.
void Pack(absl::string_view bytes, std::string& packed);

// DATA_LOSS if nothing was packed so.
absl::StatusOr<std::string> Unpack(absl::string_view packed);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PACKED_BYTES_H_
