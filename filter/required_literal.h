#ifndef MXBAN_FILTER_REQUIRED_LITERAL_H_
#define MXBAN_FILTER_REQUIRED_LITERAL_H_

// What a text must contain to have any chance to match an expression. Looking
// for that is many times cheaper than matching, and most lines of a log do not
// have it.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace mxban {

// A run of plain characters, in any case where `(?i:...)` says so.
struct Literal {
  std::string text;
  bool any_case = false;

  friend bool operator==(const Literal&, const Literal&) = default;
};

// Literals of which every match of `pattern` contains at least one; none where
// nothing is certain.
std::vector<Literal> RequiredLiterals(absl::string_view pattern);

}  // namespace mxban

#endif  // MXBAN_FILTER_REQUIRED_LITERAL_H_
