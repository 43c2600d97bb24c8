#ifndef MXBAN_AGENT_FIREWALL_SOCK_DIAG_MESSAGE_H_
#define MXBAN_AGENT_FIREWALL_SOCK_DIAG_MESSAGE_H_

// The messages of sock_diag: which TCP sessions there are, and ending one.
// Pure, so tests need no kernel.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/ip_network.h"
#include "common/jail.h"

namespace mxban {

// One end of a TCP connection on this host.
struct TcpSession {
  IpNetwork remote;  // An IPv4 address also where an IPv6 socket serves it.
  uint16_t local_port = 0;
  std::string socket;  // By which the kernel knows it; never used again.
};

// Lists the sessions of both families with a local port within `ports`, whose
// remote end lies in `remote` if that is set. IPv4 clients of a listener for
// both families are found, too. Listening sockets and what is over already
// (TIME_WAIT) are left out.
std::string SessionDumpRequest(uint32_t sequence, PortRange ports,
                               const std::optional<IpNetwork>& remote);

// Ends a session: both sides are reset.
std::string SessionDestroyRequest(uint32_t sequence, const TcpSession& session);

struct SessionReply {
  bool finished = false;  // Nothing follows.
  int error = 0;          // An errno, or 0.
  std::vector<TcpSession> sessions;
};

// Adds what `datagram` says in answer to `sequence` to `reply`.
void ParseSessionReply(absl::string_view datagram, uint32_t sequence,
                       SessionReply& reply);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_SOCK_DIAG_MESSAGE_H_
