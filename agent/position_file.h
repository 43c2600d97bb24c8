#ifndef MXBAN_AGENT_POSITION_FILE_H_
#define MXBAN_AGENT_POSITION_FILE_H_

// Where the agent goes on reading after a restart.
//
// One line for each jail and log: `JAIL<tab>LOG_ID<tab>OFFSET`. The file is
// replaced as a whole. It may be old, or lost: then lines are read again, and
// the coordinator knows which failures it has seen.

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"

namespace mxban {

// By jail and log id.
using LogPositions =
    absl::btree_map<std::pair<std::string, std::string>, uint64_t>;

// Lines that are not readable are left out; no file means no positions.
LogPositions ReadPositions(const std::string& path);

// UNAVAILABLE names the path and the system's reason.
absl::Status WritePositions(const std::string& path,
                            const LogPositions& positions);

}  // namespace mxban

#endif  // MXBAN_AGENT_POSITION_FILE_H_
