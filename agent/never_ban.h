#ifndef MXBAN_AGENT_NEVER_BAN_H_
#define MXBAN_AGENT_NEVER_BAN_H_

// What no coordinator can make this agent refuse: what --never_ban says and,
// always, loopback, this host's own addresses, its default gateways and its
// coordinators.
//
// Addresses, routes and names change while an agent runs, so it looks again now
// and then. What cannot be found out for a moment stays as it was.
//
// Thread-compatible. Belongs to the network namespace of the threads that look.

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "common/ip_network.h"

namespace mxban {

class NeverBan {
 public:
  // `configured` are addresses and networks, as --never_ban has them;
  // INVALID_ARGUMENT quotes one that is not. `coordinators` are in gRPC's
  // notation.
  static absl::StatusOr<NeverBan> Create(
      const std::vector<std::string>& configured,
      const std::vector<std::string>& coordinators);

  struct Networks {
    std::vector<IpNetwork> all;            // Sorted, each once.
    std::vector<IpNetwork> own_addresses;  // Are among them.

    friend bool operator==(const Networks&, const Networks&) = default;
  };

  // As it is now. May wait for a name server.
  Networks Look();

 private:
  NeverBan() = default;

  std::vector<IpNetwork> fixed_;
  // What was found last.
  std::vector<IpNetwork> own_addresses_;
  std::vector<IpNetwork> gateways_;
  bool lacks_gateways_ = false;  // They could not be listed, which was said.
  absl::btree_map<std::string, std::vector<IpNetwork>> coordinators_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_NEVER_BAN_H_
