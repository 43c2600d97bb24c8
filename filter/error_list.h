#ifndef MXBAN_FILTER_ERROR_LIST_H_
#define MXBAN_FILTER_ERROR_LIST_H_

// Collects the mistakes in a set of files, so that an operator sees all of them
// at once and not one per attempt.
//
// Each mistake is one line `file:line: what`. Thread-compatible.

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Where something is written. `line` counts from 1; 0 means the whole file.
struct SourcePlace {
  std::string file;
  int line = 0;

  // `file:line`, or `file` alone.
  std::string ToString() const {
    return line == 0 ? file : absl::StrCat(file, ":", line);
  }
};

// The usual mistake: INVALID_ARGUMENT, `place: what`.
inline absl::Status MistakeAt(const SourcePlace& place,
                              absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(place.ToString(), ": ", what));
}

class ErrorList {
 public:
  // Adds the message of `status`, unless it is OK or was added before.
  void Add(const absl::Status& status) {
    if (status.ok()) return;
    std::string message(status.message());
    if (!absl::c_linear_search(messages_, message)) {
      messages_.push_back(std::move(message));
    }
  }

  bool empty() const { return messages_.empty(); }

  // OK if nothing was added, else INVALID_ARGUMENT with all lines.
  absl::Status ToStatus() const {
    if (messages_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(messages_, "\n"));
  }

 private:
  std::vector<std::string> messages_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_ERROR_LIST_H_
