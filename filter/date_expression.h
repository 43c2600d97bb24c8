#ifndef MXBAN_FILTER_DATE_EXPRESSION_H_
#define MXBAN_FILTER_DATE_EXPRESSION_H_

// What a date pattern is as a regular expression.
//
// A pattern matches whole words only: in front of it and behind it stands a
// boundary, unless it starts with `^` or `**`, or ends with `$`, `\b`, `\s` or
// `**`. `{^LN-BEG}` in front ties it to the line's begin, with at most two
// characters of no word before it; `{UNB}` in front takes both boundaries away.
//
// What the first group captures is the stamp. A pattern without a nameless
// group is made one, without the `^` and `$` round it. Where a code stands for
// letters, case is ignored.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

struct DateExpression {
  std::string text;
  bool is_anchored = false;  // To the begin of the line.
};

// INVALID_ARGUMENT names an unknown code. The expression may still be wrong.
absl::StatusOr<DateExpression> MakeDateExpression(absl::string_view pattern,
                                                  int last_year);

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_EXPRESSION_H_
