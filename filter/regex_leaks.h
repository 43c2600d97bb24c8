#ifndef MXBAN_FILTER_REGEX_LEAKS_H_
#define MXBAN_FILTER_REGEX_LEAKS_H_

// Warns of expressions that are correct and still ban the wrong address, or
// miss the right one.
//
// Every warning is certain about the expression: there is a line of the kind it
// describes. Whether a program ever logs such a line, the author knows. What is
// looked for:
//
//   - nothing holds the expression to the line's begin or end, so whoever gets
//     text into the log can have it hit on an address of his choice
//   - `.*` before the address, and nothing holds what follows to the line's
//     end: which of several addresses is taken is the attacker's choice
//   - nothing follows the address, so that of a name like `192.0.2.1.example`
//     the address is taken
//   - sendmail's `[IPv6:...]` and `(may be forged)` are missed

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/jail.h"

namespace mxban {

// What is wrong with `expression` and what would not be, one sentence each.
std::vector<std::string> LeaksOf(absl::string_view expression);

// The same for all that finds failures or right logins in `filter`, each behind
// the name of the expression, as `failregex 2: `.
std::vector<std::string> RegexLeaks(const Filter& filter);

}  // namespace mxban

#endif  // MXBAN_FILTER_REGEX_LEAKS_H_
