#include "agent/firewall/firewall_channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/firewall/firewall_wire.h"

namespace mxban {

Descriptor::Descriptor(Descriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  Descriptor old(
      std::exchange(descriptor_, std::exchange(other.descriptor_, -1)));
  return *this;
}

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<FirewallChannelPair> OpenFirewallChannel() {
  int requests[2];
  int news[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) != 0) {
    return absl::ErrnoToStatus(errno, "cannot open a pair of sockets");
  }
  FirewallChannelPair pair;
  pair.client.requests = Descriptor(requests[0]);
  pair.server.requests = Descriptor(requests[1]);
  if (pipe2(news, O_CLOEXEC | O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "cannot open a pipe");
  }
  pair.client.news = Descriptor(news[0]);
  pair.server.news = Descriptor(news[1]);
  return pair;
}

bool SendTo(int requests, absl::string_view message) {
  while (send(requests, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

absl::StatusOr<absl::string_view> ReceiveFrom(int requests) {
  // One byte more than there may be, so that what is too long shows.
  static thread_local std::vector<char> buffer(kMaxFirewallMessage + 1);
  ssize_t size;
  do {
    size = recv(requests, buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) {
    return absl::UnavailableError("the other half of the agent is gone");
  }
  return absl::string_view(buffer.data(), size);
}

}  // namespace mxban
