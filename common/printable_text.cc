#include "common/printable_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "absl/strings/escaping.h"

namespace mxban {

bool IsPrintable(absl::string_view bytes) {
  // Eight at once: a line is asked about for each failure. The high bit of each
  // byte comes to say whether it is below ' ', above '~', or not ASCII.
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t found = 0;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    found |= (word - ' ' * kOnes) | (word + kOnes) | word;
  }
  return (found & (0x80 * kOnes)) == 0 &&
         std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

std::string PrintableText(absl::string_view bytes, size_t max_size) {
  std::string text = IsPrintable(bytes)
                         ? std::string(bytes.substr(0, max_size))
                         : absl::CHexEscape(bytes.substr(0, max_size));
  text.resize(std::min(text.size(), max_size));
  return text;
}

}  // namespace mxban
