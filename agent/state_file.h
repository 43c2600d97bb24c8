#ifndef MXBAN_AGENT_STATE_FILE_H_
#define MXBAN_AGENT_STATE_FILE_H_

// Small files of `--state_dir`, which are replaced as a whole: whoever reads
// one finds what was written last or before, and nothing in between.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Writes beside `path`, then takes its place; does not wait for the disk.
// UNAVAILABLE names the path and the system's reason.
absl::Status ReplaceFile(const std::string& path, absl::string_view contents);

}  // namespace mxban

#endif  // MXBAN_AGENT_STATE_FILE_H_
