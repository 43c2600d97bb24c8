#ifndef MXBAN_FILTER_FILTER_DEFINITION_H_
#define MXBAN_FILTER_FILTER_DEFINITION_H_

// A filter file, `filter.d/NAME.conf` and what belongs to it, with everything
// resolved that can be before a line is seen.
//
// Resolution has two stages: `%(name)s` (interpolation.h), then `<name>` tags
// until nothing changes, innermost first, so that `<mdre-<mode>>` works. A
// tag's value is, in this order: the bracket option of the jail's `filter =`,
// [Init], [Definition], [DEFAULT], and for `<section/name>` that section. Tags
// that are none of these stay: they are the ones that capture (fail_regex.h).
//
// Helper options are legal and need not be known. Three are mxban's own, and
// nothing to Fail2Ban; see failure_matcher.h and failure_joiner.h:
//
//   successregex     finds right logins, each with an address and <F-USER>
//   mlfpending = 1   how many failures of one <F-MLFID> wait for their address
//   mlftime = 5m     how long a <F-MLFID> is remembered after its last line

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "filter/ini_file.h"
#include "filter/interpolation.h"

namespace mxban {

// Every option of a filter by name, resolved, with the place that gave it.
using FilterValues = std::map<std::string, IniValue, std::less<>>;

// Resolves the filter called `name` in `directory`, usually `filter.d`.
// NOT_FOUND if there is no such file; INVALID_ARGUMENT lists `file:line: what`.
absl::StatusOr<FilterValues> LoadFilterValues(absl::string_view directory,
                                              absl::string_view name,
                                              const GivenValues& options);

// The same for one file at `path`.
absl::StatusOr<FilterValues> LoadFilterFile(absl::string_view path,
                                            const GivenValues& options);

struct FilterReading {
  Filter filter;
  std::vector<std::string> notes;  // `file:line: what is not honoured`.
};

// Picks what makes a filter out of `values`, and checks each expression and
// date pattern. Whether they can work together, FailureMatcher::Compile says.
absl::StatusOr<FilterReading> ReadFilter(const FilterValues& values);

}  // namespace mxban

#endif  // MXBAN_FILTER_FILTER_DEFINITION_H_
