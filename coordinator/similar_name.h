#ifndef MXBAN_COORDINATOR_SIMILAR_NAME_H_
#define MXBAN_COORDINATOR_SIMILAR_NAME_H_

// Finds out what a slip of the pen was meant to be.

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace mxban {

// The one of `names` that comes closest to `name`, if it is no further than two
// wrong, missing, surplus or swapped letters; one, if it has fewer than six
// letters. Nothing if `name` is among them.
std::optional<absl::string_view> SimilarName(
    absl::string_view name, absl::Span<const absl::string_view> names);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SIMILAR_NAME_H_
