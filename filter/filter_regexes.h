#ifndef MXBAN_FILTER_FILTER_REGEXES_H_
#define MXBAN_FILTER_FILTER_REGEXES_H_

// All expressions of a filter, compiled. What they are tried on, and in which
// order, is FailureMatcher's to know.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/jail.h"
#include "filter/fail_regex.h"
#include "filter/required_literal.h"

namespace mxban {

// An expression and what it is called when it is to blame: `failregex 2`.
struct NamedRegex {
  std::string name;
  FailRegex regex;
};

struct FilterRegexes {
  // INVALID_ARGUMENT names the expression that is empty, does not compile, or
  // says of nobody who it was; a successregex also if it says of no user or
  // address that it was right.
  static absl::StatusOr<FilterRegexes> Compile(const Filter& filter);

  std::optional<NamedRegex> prefix;
  std::vector<NamedRegex> fail;
  std::vector<NamedRegex> ignore;
  std::vector<NamedRegex> success;
  LineRequirements required;  // Of `fail`, then of `success`.
};

}  // namespace mxban

#endif  // MXBAN_FILTER_FILTER_REGEXES_H_
