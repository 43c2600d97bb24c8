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

// Whether most texts have none of `literals`: a single character is in most.
bool AreRare(const std::vector<Literal>& literals);

// What a line must contain to matter to a filter.
struct LineRequirements {
  // Each line matters by itself: as one of several, or by a stamp that may be
  // anywhere in it, even in a word.
  bool are_for_each_line = false;
  std::vector<Literal> prefix;                    // RequiredLiterals() of it,
  std::vector<std::vector<Literal>> expressions;  // and of each of them.
};

}  // namespace mxban

#endif  // MXBAN_FILTER_REQUIRED_LITERAL_H_
