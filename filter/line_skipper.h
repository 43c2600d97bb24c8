#ifndef MXBAN_FILTER_LINE_SKIPPER_H_
#define MXBAN_FILTER_LINE_SKIPPER_H_

// Passes over the lines that no expression can match, a block at a time: most
// of a log is never looked at more closely. The only place that names
// Hyperscan.
//
// A line is passed over if it lacks what every expression requires, cut down to
// its words. Words, because the stamp is cut out of a line before it is
// matched, and that may join what it separates, but never within a word: the
// default date templates end where a word does.
//
// Thread-compatible: searches share their scratch space.

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/required_literal.h"

namespace mxban {

class LineSkipper {
 public:
  // For expressions of which each requires one of its literals. Null if too
  // little is known of one of them, or if this machine lacks what Hyperscan
  // needs.
  static std::unique_ptr<LineSkipper> Create(
      const std::vector<std::vector<Literal>>& expressions);

  ~LineSkipper();

  // Where the first line begins in `lines` that may matter; their size if none
  // does. `lines` begins with a line and is below 4 GiB.
  size_t FirstCandidate(absl::string_view lines) const;

 private:
  struct Database;

  explicit LineSkipper(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_LINE_SKIPPER_H_
