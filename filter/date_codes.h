#ifndef MXBAN_FILTER_DATE_CODES_H_
#define MXBAN_FILTER_DATE_CODES_H_

// The `%` codes of a date pattern: the expression that each stands for, and
// what its text says about the time.
//
//   %Y %y %m %d %b %B %j %U %W %w %a %A    day
//   %H %k %I %l %p %M %S %f                time of day
//   %z %Z                                  zone
//   %ExY                                   a year of this century, so far
//   %Exy %Exm %Exd %ExH %Exk %Exl %ExM %ExS %Exz %ExZ
//                                          stricter, or wider, for zones
//   {EPOCH} {LEPOCH} {TAI64N}              seconds since 1970, in three forms
//   %%                                     a `%`
//   %c                                     %a %b %d %H:%M:%S %Y
//
// Each becomes a named group, so that it may occur once in an expression.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "filter/stamp_fields.h"

namespace mxban {

// `pattern` with an expression in place of each code. %ExY goes up to
// `last_year`, the end of a decade of this century. INVALID_ARGUMENT names an
// unknown code.
absl::StatusOr<std::string> ExpandDateCodes(absl::string_view pattern,
                                            int last_year);

// Whether a code stands for letters, so that case is to be ignored.
bool HasLetterCode(absl::string_view pattern);

// A group that a code became, and how to take over what it captured. The text
// may be anything: a pattern may define a group of that name itself.
struct DateGroup {
  absl::string_view name;
  void (*read)(absl::string_view text, StampFields& fields);
};

// All of them, in the order in which they are to be read.
absl::Span<const DateGroup> DateGroups();

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_CODES_H_
