#ifndef MXBAN_FILTER_LINE_TEXT_H_
#define MXBAN_FILTER_LINE_TEXT_H_

// Lines as bytes.

#include <cstddef>
#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/string_view.h"

namespace mxban {

// How many newlines there are. Bytes are counted 64 at a time, which compilers
// know how to do at once.
inline uint64_t CountLines(absl::string_view lines) {
  constexpr size_t kStep = 64;
  uint64_t count = 0;
  while (lines.size() >= kStep) {
    uint8_t in_step = 0;
    for (size_t i = 0; i < kStep; ++i) in_step += lines[i] == '\n';
    count += in_step;
    lines.remove_prefix(kStep);
  }
  return count + absl::c_count(lines, '\n');
}

inline absl::string_view WithoutLineEnd(absl::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace mxban

#endif  // MXBAN_FILTER_LINE_TEXT_H_
