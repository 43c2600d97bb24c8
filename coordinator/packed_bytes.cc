#include "coordinator/packed_bytes.h"

#include <lz4.h>

#include <cstdint>

#include "absl/status/status.h"

namespace mxban {
namespace {

constexpr char kAsTheyAre = 0;
constexpr char kLz4 = 1;
constexpr size_t kHeader = 1 + 4;

// Below that nothing is won.
constexpr size_t kFewest = 200;

bool PackWithLz4(absl::string_view bytes, std::string& packed) {
  if (bytes.size() < kFewest || bytes.size() > kMostPacked) return false;
  const int size = static_cast<int>(bytes.size());
  packed.resize(kHeader + LZ4_compressBound(size));
  packed[0] = kLz4;
  for (int i = 0; i < 4; ++i) {
    packed[1 + i] = static_cast<char>(bytes.size() >> (8 * i));
  }
  const int written =
      LZ4_compress_default(bytes.data(), &packed[kHeader], size,
                           static_cast<int>(packed.size() - kHeader));
  if (written <= 0 || kHeader + written > bytes.size()) return false;
  packed.resize(kHeader + written);
  return true;
}

}  // namespace

void Pack(absl::string_view bytes, std::string& packed) {
  if (PackWithLz4(bytes, packed)) return;
  packed.assign(1, kAsTheyAre);
  packed.append(bytes.data(), bytes.size());
}

absl::StatusOr<std::string> Unpack(absl::string_view packed) {
  const absl::Status not_packed =
      absl::DataLossError("store: packed bytes are not readable");
  if (packed.empty()) return not_packed;
  if (packed[0] == kAsTheyAre) return std::string(packed.substr(1));
  if (packed[0] != kLz4 || packed.size() < kHeader) return not_packed;
  size_t size = 0;
  for (int i = 0; i < 4; ++i) {
    size |= size_t{static_cast<uint8_t>(packed[1 + i])} << (8 * i);
  }
  packed.remove_prefix(kHeader);
  if (size > kMostPacked || packed.size() > kMostPacked) return not_packed;
  std::string bytes(size, 0);
  const int read = LZ4_decompress_safe(packed.data(), bytes.data(),
                                       static_cast<int>(packed.size()),
                                       static_cast<int>(size));
  if (read < 0 || static_cast<size_t>(read) != size) return not_packed;
  return bytes;
}

}  // namespace mxban
