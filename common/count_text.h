#ifndef MXBAN_COMMON_COUNT_TEXT_H_
#define MXBAN_COMMON_COUNT_TEXT_H_

// How many there are of something, for people.

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mxban {

// `1 failure`, `5 failures`.
inline std::string CountText(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace mxban

#endif  // MXBAN_COMMON_COUNT_TEXT_H_
