#ifndef MXBAN_CTL_MXBAN_REGEX_LOG_H_
#define MXBAN_CTL_MXBAN_REGEX_LOG_H_

// Opens what a request calls LOG: a file, standard input, or one line.

#include <cstdint>
#include <istream>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace mxban::ctl {

// Calls `read` with the log that `log` means and its size in bytes, 0 if nobody
// knows it; `standard_input` is for `-`. NOT_FOUND without such a file, and
// INVALID_ARGUMENT for one that is compressed.
absl::Status ReadLog(
    const std::string& log, std::istream& standard_input,
    absl::FunctionRef<void(std::istream& stream, uint64_t bytes)> read);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_LOG_H_
