#include "agent/firewall/firewall_channel.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "agent/firewall/firewall_wire.h"

namespace mxban {
namespace {

// Stands before each message of a datagram.
using Size = uint16_t;
static_assert(kMaxFirewallMessage <= std::numeric_limits<Size>::max());

constexpr size_t kMaxDatagram = sizeof(Size) + kMaxFirewallMessage;

}  // namespace

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

bool MessageSender::Send(absl::string_view message) {
  const auto size = static_cast<Size>(message.size());
  if (datagram_.size() + sizeof(size) + message.size() > kMaxDatagram &&
      !Flush()) {
    return false;
  }
  datagram_.append(reinterpret_cast<const char*>(&size), sizeof(size));
  datagram_.append(message.data(), message.size());
  return true;
}

bool MessageSender::Flush() {
  const std::string datagram = std::exchange(datagram_, "");
  if (datagram.empty()) return true;
  while (send(requests_, datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// One byte more than there may be, so that what is too long shows.
MessageReceiver::MessageReceiver() : buffer_(kMaxDatagram + 1) {}

absl::StatusOr<absl::string_view> MessageReceiver::Receive(int requests) {
  if (left_.empty()) {
    ssize_t size;
    do {
      size = recv(requests, buffer_.data(), buffer_.size(), 0);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
      return absl::UnavailableError("the other half of the agent is gone");
    }
    left_ = absl::string_view(buffer_.data(), size);
  }
  Size size = 0;
  if (left_.size() >= sizeof(size)) {
    std::memcpy(&size, left_.data(), sizeof(size));
  }
  if (size == 0 || left_.size() - sizeof(size) < size) {
    return absl::InvalidArgumentError("a datagram is no row of messages");
  }
  const absl::string_view message = left_.substr(sizeof(size), size);
  left_.remove_prefix(sizeof(size) + size);
  return message;
}

}  // namespace mxban
