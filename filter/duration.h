#ifndef MXBAN_FILTER_DURATION_H_
#define MXBAN_FILTER_DURATION_H_

// Lengths of time as Fail2Ban writes them: `600`, `10m`, `1d12h`, `1h 30m`,
// `2 * (1w + 1d)`.

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

// Reads numbers, units, sums, the four operators and parentheses; what stands
// side by side is added. A plain number is seconds, and `-1` is one second less
// than nothing: what that means is the caller's to say. The result is cut to
// whole seconds. INVALID_ARGUMENT quotes what is not understood.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_FILTER_DURATION_H_
