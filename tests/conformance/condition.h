#ifndef MXBAN_TESTS_CONFORMANCE_CONDITION_H_
#define MXBAN_TESTS_CONFORMANCE_CONDITION_H_

// The conditions that limit a sample to some filters or options: a name or an
// option compared with a word, joined by `and` and `or`.
//
//   name == 'sshd'
//   opts.get('mode') != 'aggressive' and name == 'sshd'

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "filter/interpolation.h"

namespace mxban {

// Whether `condition` holds for the filter called `name` with `options`; an
// empty one always does. INVALID_ARGUMENT quotes what is not understood.
absl::StatusOr<bool> Holds(absl::string_view condition, absl::string_view name,
                           const GivenValues& options);

}  // namespace mxban

#endif  // MXBAN_TESTS_CONFORMANCE_CONDITION_H_
