#ifndef MXBAN_FILTER_LINE_WINDOW_H_
#define MXBAN_FILTER_LINE_WINDOW_H_

// The last lines of a log, without their stamps, as one text: what the
// expressions of a filter with `maxlines` see.
//
// Lines that told a failure leave the window; those between them that
// `<SKIPLINES>` passed over stay, for they may belong to another one: that is
// the caller's to do, by Divide() and Keep().
//
// Bounded: by its number of lines, and by kMaxBytes, beyond which the oldest
// lines go. Thread-compatible; movable.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/regex.h"

namespace mxban {

class LineWindow {
 public:
  static constexpr size_t kMaxBytes = 256 * 1024;

  // REQUIRES: `max_lines` is positive.
  explicit LineWindow(size_t max_lines) : max_lines_(max_lines) {}

  // Adds `before` and `after`, what surrounded the stamp of a line.
  void Add(absl::string_view before, absl::string_view after);

  // All lines, each with a newline. Valid until the window changes.
  absl::string_view text() const { return text_; }

  // text() in two: the lines that an expression matched, and the others.
  struct Division {
    std::string matched;
    std::string others;
  };

  // Divides the lines by `match`, a part of text(). Lines that are wholly
  // within one of `skipped` count among the others.
  Division Divide(Regex::Span match,
                  const std::vector<Regex::Span>& skipped) const;

  // Forgets all lines but `lines`, the others of a Division.
  void Keep(std::string lines);

 private:
  size_t max_lines_;
  size_t line_count_ = 0;
  std::string text_;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_LINE_WINDOW_H_
