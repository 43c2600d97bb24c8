#ifndef MXBAN_COORDINATOR_JAIL_OPTION_H_
#define MXBAN_COORDINATOR_JAIL_OPTION_H_

// Which options a jail can have, and what becomes of each. What their values
// may be, option_value.h says.

#include <optional>

#include "absl/strings/string_view.h"

namespace mxban {

enum class OptionUse {
  kHonoured,
  kVariable,  // Only there to be interpolated, as stock files have many.
  kNeedless,  // Known to Fail2Ban; leaving it out harms nobody.
  kOffOnly,   // Accepted as off only; not built yet.
  kUnknown,
};

// Options are in lower case.
OptionUse UseOf(absl::string_view option);

// Why one that is kNeedless is.
absl::string_view WhyNeedless(absl::string_view option);

// The option that an unknown one looks like a slip of.
std::optional<absl::string_view> SimilarOption(absl::string_view option);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_OPTION_H_
