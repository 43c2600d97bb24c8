#ifndef MXBAN_COMMON_LOG_H_
#define MXBAN_COMMON_LOG_H_

// The daemons' own log: spdlog to standard error, one line a message. Callers
// use spdlog::info() and its kin with one finished string.
//
// A line is text, `2026-01-31T07:00:00.123+00:00 info: message`, or JSON,
// `{"time":...,"level":"info","message":"..."}`. Where standard error is
// systemd's journal it begins with its priority, as `<4>`, which the journal
// takes off; text then has neither time nor level, which the journal knows.
// Whatever is in a message, a line stays one line.

#include <string>

#include "absl/status/status.h"

namespace mxban {

struct LogOptions {
  std::string level = "info";   // `debug`, `info`, `warning` or `error`.
  std::string format = "text";  // Or `json`.
};

// Sets up spdlog, and routes gRPC's own errors (a failed TLS handshake, say)
// into it, as many as nobody can fill a disk with. INVALID_ARGUMENT if one of
// the options is something else.
absl::Status InitLog(const LogOptions& options);

// Says why the daemon `name` ends: `name: why` where people read it, else as a
// line of the log.
void LogEnd(const std::string& name, const absl::Status& why);

}  // namespace mxban

#endif  // MXBAN_COMMON_LOG_H_
