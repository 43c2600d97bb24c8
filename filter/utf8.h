#ifndef MXBAN_FILTER_UTF8_H_
#define MXBAN_FILTER_UTF8_H_

// Whether bytes are text, and which belong to words.

#include "absl/strings/string_view.h"

namespace mxban {

// Whether every byte is below 128.
bool IsAscii(absl::string_view text);

// Whether `text` is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing
// beyond U+10FFFF.
bool IsUtf8(absl::string_view text);

// What `\w` matches of ASCII.
bool IsWordCharacter(char c);

}  // namespace mxban

#endif  // MXBAN_FILTER_UTF8_H_
