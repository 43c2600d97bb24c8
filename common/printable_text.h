#ifndef MXBAN_COMMON_PRINTABLE_TEXT_H_
#define MXBAN_COMMON_PRINTABLE_TEXT_H_

// Bytes of unknown origin as text that is safe to keep, to log and to send on.

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace mxban {

// Whether `bytes` are printable ASCII.
bool IsPrintable(absl::string_view bytes);

// `bytes` as printable ASCII, others being C escapes; at most `max_size` of it.
std::string PrintableText(absl::string_view bytes, size_t max_size);

}  // namespace mxban

#endif  // MXBAN_COMMON_PRINTABLE_TEXT_H_
