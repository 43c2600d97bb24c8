#ifndef MXBAN_COORDINATOR_ALLOWED_WORD_H_
#define MXBAN_COORDINATOR_ALLOWED_WORD_H_

// What operators may put on the allow list: one word of the language of
// `ignoreip` (ignore_list.h).

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/ignore_list.h"

namespace mxban {

struct AllowedWord {
  std::string text;  // Canonical.
  IgnoreList list;   // It alone.

  // Whether it says by itself which networks it means.
  bool is_network() const { return !list.networks.empty(); }
};

// INVALID_ARGUMENT quotes what is no such word.
absl::StatusOr<AllowedWord> ParseAllowedWord(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ALLOWED_WORD_H_
