#ifndef MXBAN_AGENT_FIREWALL_SESSION_CUTTER_H_
#define MXBAN_AGENT_FIREWALL_SESSION_CUTTER_H_

// Ends the running sessions of those who have just been banned.
//
// A rule stops their packets, but the server's socket, and the mail process
// bound to it, would wait for them until their own timeouts; and a rule below
// somebody's ACCEPT of established connections stops nothing. So the sockets
// are destroyed, which resets both ends. Only once the rule stands: else the
// client is back before it.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/netlink_socket.h"
#include "agent/firewall/sock_diag_message.h"
#include "common/ip_network.h"

namespace mxban {

class SessionCutter {
 public:
  // Works in the network namespace of the calling thread.
  static absl::StatusOr<SessionCutter> Open();

  // Ends every TCP session on the ports of `rules` whose remote end lies in one
  // of `sources` and in none of those that `rules` allows. Returns how many.
  //
  //   UNIMPLEMENTED      the kernel cannot (no CONFIG_INET_DIAG_DESTROY).
  //   PERMISSION_DENIED  CAP_NET_ADMIN is missing.
  absl::StatusOr<size_t> Cut(const JailRules& rules,
                             absl::Span<const IpNetwork> sources);

 private:
  explicit SessionCutter(NetlinkSocket socket) : socket_(std::move(socket)) {}

  absl::StatusOr<SessionReply> Ask(const std::string& request);

  NetlinkSocket socket_;
  uint32_t sequence_ = 0;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_SESSION_CUTTER_H_
