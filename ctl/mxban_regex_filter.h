#ifndef MXBAN_CTL_MXBAN_REGEX_FILTER_H_
#define MXBAN_CTL_MXBAN_REGEX_FILTER_H_

// Finds out which filter a request means.
//
// FILTER is, in this order: the name of a filter in the filter directory, a
// file, or a regular expression. A file `X.conf` is read as a filter of that
// name is, with `X.d` and `X.local`; any other file is read alone.

#include "absl/status/statusor.h"
#include "ctl/mxban_regex_request.h"
#include "filter/filter_definition.h"

namespace mxban::ctl {

// The filter that `request` asks for, with everything in place that stands in
// for what the filter itself says.
//
// Errors: NOT_FOUND for what can only be meant as a name or a path and is none,
// INVALID_ARGUMENT for a filter that is wrong, one line for each mistake.
absl::StatusOr<FilterReading> FindFilter(const RegexRequest& request);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_FILTER_H_
