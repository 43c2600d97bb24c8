#ifndef MXBAN_AGENT_FIREWALL_NETLINK_SOCKET_H_
#define MXBAN_AGENT_FIREWALL_NETLINK_SOCKET_H_

// A conversation with one part of the kernel: a request goes out, datagrams
// come back. The kernel works while the request is being sent, and a dump is
// made piece by piece while it is read; nobody waits for long.
//
// Thread-compatible. Belongs to the network namespace of the thread that opens
// it.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

class NetlinkSocket {
 public:
  // `protocol` is a NETLINK_ constant; `name` begins every error: `ipset`.
  //
  //   UNIMPLEMENTED      the kernel does not speak it.
  //   PERMISSION_DENIED  CAP_NET_ADMIN is missing.
  //   INTERNAL           anything else.
  static absl::StatusOr<NetlinkSocket> Open(int protocol,
                                            absl::string_view name);

  NetlinkSocket(NetlinkSocket&& other) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&&) = delete;
  ~NetlinkSocket();

  // Lets further messages wait in the socket: for many at once. Takes
  // CAP_NET_ADMIN; without it the usual room must do.
  void WidenBuffers();

  // Has errors told without the message at fault, however long it was.
  void ShortenErrors();

  // Joins or leaves a multicast group; between them its messages are received.
  absl::Status Join(uint32_t group);
  absl::Status Leave(uint32_t group);

  absl::Status Send(absl::string_view bytes);

  // Waits for the next datagram; valid until the next call. DEADLINE_EXCEEDED
  // if there is none within five seconds, or at once with `wait` false.
  // RESOURCE_EXHAUSTED if some were lost for want of room.
  absl::StatusOr<absl::string_view> Receive(bool wait = true);

  // By which the kernel tells our messages from others'.
  uint32_t port() const { return port_; }

  int descriptor() const { return socket_; }

 private:
  NetlinkSocket(int socket, absl::string_view name);

  absl::Status SetMembership(int option, uint32_t group);
  absl::Status Failed(absl::string_view action) const;

  int socket_;  // Negative once moved from.
  std::string name_;
  uint32_t port_ = 0;
  std::vector<char> buffer_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NETLINK_SOCKET_H_
