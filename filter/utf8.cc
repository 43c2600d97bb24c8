#include "filter/utf8.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/ascii.h"

namespace mxban {
namespace {

// The number of bytes of the UTF-8 character that `text` starts with, 0 if it
// starts with none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

}  // namespace

bool IsWordCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

bool IsAscii(absl::string_view text) {
  uint64_t bits = 0;
  while (text.size() >= sizeof(bits)) {
    std::memcpy(&bits, text.data(), sizeof(bits));
    if ((bits & 0x8080808080808080) != 0) return false;
    text.remove_prefix(sizeof(bits));
  }
  for (const char c : text) {
    if ((c & 0x80) != 0) return false;
  }
  return true;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace mxban
