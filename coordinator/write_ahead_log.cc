#include "coordinator/write_ahead_log.h"

#include <cstddef>
#include <cstdint>
#include <fstream>

#include "absl/strings/string_view.h"

namespace mxban {
namespace {

constexpr size_t kHeaderSize = 32;
constexpr size_t kFrameHeaderSize = 24;
constexpr uint32_t kMagic = 0x377f0682;  // The last bit: big-endian checksums.

uint32_t BigEndian(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

// The checksum runs on from the header through all frames.
class Checksum {
 public:
  explicit Checksum(bool is_big_endian) : is_big_endian_(is_big_endian) {}

  void Add(absl::string_view bytes) {
    for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += Word(bytes, at) + second_;
      second_ += Word(bytes, at + 4) + first_;
    }
  }

  // Whether it is the one that is written at `at`.
  bool Is(absl::string_view bytes, size_t at) const {
    return BigEndian(bytes, at) == first_ &&
           BigEndian(bytes, at + 4) == second_;
  }

 private:
  uint32_t Word(absl::string_view bytes, size_t at) const {
    const uint32_t word = BigEndian(bytes, at);
    return is_big_endian_ ? word : __builtin_bswap32(word);
  }

  const bool is_big_endian_;
  uint32_t first_ = 0;
  uint32_t second_ = 0;
};

bool Read(std::ifstream& file, std::string& bytes) {
  return static_cast<bool>(
      file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())));
}

}  // namespace

absl::Status CheckWriteAheadLog(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    return absl::OkStatus();
  }
  const absl::Status lost =
      absl::DataLossError("store: the write-ahead log is damaged");
  std::string header(kHeaderSize, 0);
  if (!Read(file, header)) return lost;
  const uint32_t magic = BigEndian(header, 0);
  const size_t page_size = BigEndian(header, 8);
  Checksum checksum((magic & 1) != 0);
  checksum.Add(absl::string_view(header).substr(0, 24));
  if ((magic & ~1u) != kMagic || page_size < 512 || page_size > 65536 ||
      !checksum.Is(header, 24)) {
    return lost;
  }
  bool is_cut = false, is_over = false;  // The transaction that is cut short.
  std::string frame(kFrameHeaderSize + page_size, 0);
  while (Read(file, frame)) {
    const absl::string_view view = frame;
    // The others are left from before the log was last begun anew.
    const bool is_ours =
        view.substr(8, 8) == absl::string_view(header).substr(16, 8);
    if (is_over && is_ours) return lost;
    checksum.Add(view.substr(0, 8));
    checksum.Add(view.substr(kFrameHeaderSize));
    is_cut = is_cut || !is_ours || !checksum.Is(view, 16);
    const bool is_commit = BigEndian(view, 4) != 0;
    is_over = is_over || (is_cut && is_ours && is_commit);
  }
  return absl::OkStatus();
}

}  // namespace mxban
