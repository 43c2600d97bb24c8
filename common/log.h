#ifndef MXBAN_COMMON_LOG_H_
#define MXBAN_COMMON_LOG_H_

// The daemons' own log: spdlog to standard error, one line a message. Callers
// use spdlog::info() and its kin with one finished string.

#include <string>

#include "absl/status/status.h"

namespace mxban {

// Sets up spdlog, and routes gRPC's own errors (a failed TLS handshake, say)
// into it. `level` is `debug`, `info`, `warning` or `error`; INVALID_ARGUMENT
// for anything else.
absl::Status InitLog(const std::string& level);

}  // namespace mxban

#endif  // MXBAN_COMMON_LOG_H_
