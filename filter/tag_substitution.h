#ifndef MXBAN_FILTER_TAG_SUBSTITUTION_H_
#define MXBAN_FILTER_TAG_SUBSTITUTION_H_

// The second of the two stages in which a filter's value is resolved: `<tag>`.

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

// What a tag stands for, without its brackets; nothing for tags that stay.
using TagLookup =
    absl::FunctionRef<std::optional<std::string>(absl::string_view tag)>;

// Replaces tags in `text`, innermost first, until nothing changes. A tag is
// `<`, characters other than blanks and angle brackets, `>`. A tag is replaced
// wherever it stands at once; INVALID_ARGUMENT if that has to be done more than
// 25 times, as for a tag within itself.
absl::StatusOr<std::string> SubstituteTags(absl::string_view text,
                                           TagLookup lookup);

}  // namespace mxban

#endif  // MXBAN_FILTER_TAG_SUBSTITUTION_H_
