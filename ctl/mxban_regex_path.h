#ifndef MXBAN_CTL_MXBAN_REGEX_PATH_H_
#define MXBAN_CTL_MXBAN_REGEX_PATH_H_

// Tells paths and names from the text that may stand in their place.

#include <string>

#include "absl/strings/string_view.h"

namespace mxban::ctl {

// Whether `path` is something to read, links followed.
bool IsFile(const std::string& path);

// Whether `text` can only be meant as a path, be there a file or not.
bool LooksLikePath(absl::string_view text);

// Whether `text` can be the name of a filter.
bool LooksLikeName(absl::string_view text);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_PATH_H_
