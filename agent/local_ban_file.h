#ifndef MXBAN_AGENT_LOCAL_BAN_FILE_H_
#define MXBAN_AGENT_LOCAL_BAN_FILE_H_

// The bans that a server has imposed by itself, on disk until they are handed
// over: a reboot while no coordinator answers would else lift them.
//
// A line with the hash of the rest, then a HandOverBansRequest. The file is
// replaced as a whole.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ban.h"

namespace mxban {

// No file means no bans. DATA_LOSS if it is damaged.
absl::StatusOr<std::vector<Ban>> ReadLocalBans(const std::string& path);

// UNAVAILABLE names the path and the system's reason.
absl::Status WriteLocalBans(const std::string& path,
                            const std::vector<Ban>& bans);

}  // namespace mxban

#endif  // MXBAN_AGENT_LOCAL_BAN_FILE_H_
