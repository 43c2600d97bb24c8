#ifndef MXBAN_COMMON_DAEMON_H_
#define MXBAN_COMMON_DAEMON_H_

// The frame of a daemon's main(): flags, log, signals, exit codes.

#include <csignal>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace mxban {

struct DaemonInfo {
  std::string name;       // `mxban-agent`
  std::string usage;      // What it is for and an example, for --help.
  std::string main_file;  // Whose flags --help shows: `agent/main.cc`.
};

// What is in memory, keys above all, is in no core dump, and what is written is
// for its owner alone (umask 0077).
//
// Parses the flags, sets up the log (--log_level, --log_format) and runs
// `serve` to its end. SIGINT, SIGTERM and SIGHUP are blocked in all threads;
// `serve` waits for them with sigwait() on the set it is given.
//
// Returns the exit code: 0, 1 after an error, which is printed in one line, 2
// for arguments that are no flags. Unknown flags end the process.
int RunDaemon(int argc, char** argv, const DaemonInfo& info,
              absl::FunctionRef<absl::Status(const sigset_t& signals)> serve);

}  // namespace mxban

#endif  // MXBAN_COMMON_DAEMON_H_
