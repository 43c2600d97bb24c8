#ifndef MXBAN_AGENT_NEVER_BAN_H_
#define MXBAN_AGENT_NEVER_BAN_H_

// What no coordinator can make this agent refuse.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ip_network.h"

namespace mxban {

// `configured` are addresses and networks, as --never_ban has them;
// INVALID_ARGUMENT quotes one that is not. To these are added loopback, the
// addresses of this host and those of `coordinators` (gRPC's notation) that
// resolve now.
absl::StatusOr<std::vector<IpNetwork>> NeverBanList(
    const std::vector<std::string>& configured,
    const std::vector<std::string>& coordinators);

}  // namespace mxban

#endif  // MXBAN_AGENT_NEVER_BAN_H_
