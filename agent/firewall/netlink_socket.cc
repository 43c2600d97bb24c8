#include "agent/firewall/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"

namespace mxban {
namespace {

// An error comes with the whole request, which may be 64 KiB.
constexpr size_t kBufferBytes = 128 * 1024;

constexpr int kWideBytes = 8 * 1024 * 1024;

// Only guards against waiting for ever.
constexpr timeval kAnswerTimeout = {.tv_sec = 5, .tv_usec = 0};

}  // namespace

absl::StatusOr<NetlinkSocket> NetlinkSocket::Open(int protocol,
                                                  absl::string_view name) {
  const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) {
    return absl::UnimplementedError(absl::StrCat(
        name, ": this kernel has no such netlink: ", ErrnoText(errno)));
  }
  NetlinkSocket opened(descriptor, name);
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, size) != 0 ||
      getsockname(descriptor, generic, &size) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout,
                 sizeof(kAnswerTimeout)) != 0) {
    return opened.Failed("open a socket");
  }
  opened.port_ = address.nl_pid;
  return opened;
}

NetlinkSocket::NetlinkSocket(int socket, absl::string_view name)
    : socket_(socket), name_(name), buffer_(kBufferBytes) {}

NetlinkSocket::NetlinkSocket(NetlinkSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      name_(std::move(other.name_)),
      port_(other.port_),
      buffer_(std::move(other.buffer_)) {}

NetlinkSocket::~NetlinkSocket() {
  if (socket_ >= 0) close(socket_);
}

void NetlinkSocket::WidenBuffers() {
  for (const int option : {SO_SNDBUFFORCE, SO_RCVBUFFORCE}) {
    setsockopt(socket_, SOL_SOCKET, option, &kWideBytes, sizeof(kWideBytes));
  }
}

void NetlinkSocket::ShortenErrors() {
  const int one = 1;
  setsockopt(socket_, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

absl::Status NetlinkSocket::Join(uint32_t group) {
  return SetMembership(NETLINK_ADD_MEMBERSHIP, group);
}

absl::Status NetlinkSocket::Leave(uint32_t group) {
  return SetMembership(NETLINK_DROP_MEMBERSHIP, group);
}

absl::Status NetlinkSocket::SetMembership(int option, uint32_t group) {
  if (setsockopt(socket_, SOL_NETLINK, option, &group, sizeof(group)) == 0) {
    return absl::OkStatus();
  }
  return Failed("listen to the kernel");
}

absl::Status NetlinkSocket::Send(absl::string_view bytes) {
  while (send(socket_, bytes.data(), bytes.size(), 0) < 0) {
    if (errno != EINTR) return Failed("send to the kernel");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> NetlinkSocket::Receive(bool wait) {
  while (true) {
    const ssize_t size =
        recv(socket_, buffer_.data(), buffer_.size(), wait ? 0 : MSG_DONTWAIT);
    if (size >= 0) return absl::string_view(buffer_.data(), size);
    if (errno != EINTR) return Failed("hear from the kernel");
  }
}

absl::Status NetlinkSocket::Failed(absl::string_view action) const {
  const int error = errno;
  const std::string message =
      absl::StrCat(name_, ": cannot ", action, ": ", ErrnoText(error));
  switch (error) {
    case EPERM:
    case EACCES:
      return absl::PermissionDeniedError(
          absl::StrCat(message, "; it takes CAP_NET_ADMIN"));
    case EAGAIN:
      return absl::DeadlineExceededError(message);
    case ENOBUFS:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace mxban
