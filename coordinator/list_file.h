#ifndef MXBAN_COORDINATOR_LIST_FILE_H_
#define MXBAN_COORDINATOR_LIST_FILE_H_

// Files of words, a few on each line; `#` begins a comment.

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Hands the words of each line that has any to `use`. Its errors, and that of a
// text with bytes other than printable ASCII, get `path` and the line's number
// in front.
absl::Status ForEachLine(
    absl::string_view text, absl::string_view path,
    absl::FunctionRef<absl::Status(const std::vector<std::string>& words)> use);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_LIST_FILE_H_
