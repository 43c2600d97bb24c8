#ifndef MXBAN_AGENT_ROTATED_LOGS_H_
#define MXBAN_AGENT_ROTATED_LOGS_H_

// Where what was in a log lies now: the files beside it that logrotate and its
// like have made of it, as `mail.log.1`, `mail.log.2.gz`,
// `mail.log-20261126.gz`.

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace mxban {

struct RotatedLog {
  std::string path;
  absl::Time written;  // For the last time.
};

// The rotated logs of `path`, those first that were written to longest ago. A
// file that is just being compressed is listed once. Logs that rotation moves
// to another directory are not found.
std::vector<RotatedLog> RotatedLogs(const std::string& path);

}  // namespace mxban

#endif  // MXBAN_AGENT_ROTATED_LOGS_H_
