#include "coordinator/bounded_listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/errno_text.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// What everything else may have open: the store, logs, other listeners.
constexpr size_t kOtherDescriptors = 256;

// Without a descriptor for it a connection waits in the kernel.
constexpr int kPauseMs = 100;

// A peer that takes nothing for so long is gone.
constexpr int kUserTimeoutMs = 10'000;

using AddressInfo = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressInfo> Resolve(const std::string& host,
                                    const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error == 0) return AddressInfo(found, &freeaddrinfo);
  return absl::InvalidArgumentError(
      absl::StrCat(host, ":", port, ": ", gai_strerror(error)));
}

// A listening socket, or -1 and errno.
int ListenOn(const addrinfo& address) {
  const int fd =
      socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const auto set = [fd](int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
  };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  // Connections inherit these.
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  if (address.ai_family == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 &&
      listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  // The port is in the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<BoundedListener>> BoundedListener::Open(
    absl::string_view flag, const std::string& address,
    size_t max_connections) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": '", address, "' is not ADDRESS:PORT"));
  }
  std::unique_ptr<BoundedListener> listener(new BoundedListener);
  listener->SetBound(max_connections);
  const std::string port = address.substr(colon + 1);
  // Where the kernel has no IPv6 it is IPv4 alone.
  absl::Status status = absl::UnavailableError("");
  if (host == "0.0.0.0") status = listener->Listen("::", port);
  if (!status.ok()) status = listener->Listen(host, port);
  listener->stop_ = eventfd(0, EFD_CLOEXEC);
  if (status.ok()) return listener;
  return absl::Status(status.code(), absl::StrCat(flag, ": cannot listen on ",
                                                  status.message()));
}

BoundedListener::~BoundedListener() {
  if (thread_.joinable()) {
    eventfd_write(stop_, 1);
    thread_.join();
  }
  for (const int fd : listeners_) close(fd);
  close(stop_);
}

void BoundedListener::Start(std::unique_ptr<Acceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread([this] { Loop(); });
}

absl::Status BoundedListener::Listen(const std::string& host,
                                     const std::string& port) {
  ASSIGN_OR_RETURN(const AddressInfo found, Resolve(host, port));
  int error = 0;
  // A name may have addresses that this host has not; one of them is enough.
  for (const addrinfo* it = found.get(); it != nullptr; it = it->ai_next) {
    const int fd = ListenOn(*it);
    if (fd < 0) {
      error = errno;
      continue;
    }
    listeners_.push_back(fd);
    port_ = PortOf(fd);
    if (port == "0") break;  // Each address would get another.
  }
  if (!listeners_.empty()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(host, ":", port, ": ", ErrnoText(error)));
}

void BoundedListener::SetBound(size_t max_connections) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = max_connections + 2 * kOtherDescriptors;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  size_t bound = kOtherDescriptors + max_connections;
  if (limit.rlim_cur < wanted) {
    bound = limit.rlim_cur -
            std::min<rlim_t>(kOtherDescriptors, limit.rlim_cur / 2);
    spdlog::warn(
        "the process may have {} descriptors open (LimitNOFILE): fewer "
        "connections than --max_connections={}",
        limit.rlim_cur, max_connections);
  }
  first_too_high_ = static_cast<int>(bound);
}

void BoundedListener::Loop() {
  std::vector<pollfd> waiting = {{stop_, POLLIN, 0}};
  for (const int fd : listeners_) waiting.push_back({fd, POLLIN, 0});
  while (true) {
    if (poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0) return;
    for (size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) Accept(waiting[i].fd);
    }
  }
}

void BoundedListener::Accept(int listener) {
  const int fd =
      accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    const bool is_no_room = errno == EMFILE || errno == ENFILE ||
                            errno == ENOBUFS || errno == ENOMEM;
    pollfd stop = {stop_, POLLIN, 0};
    if (is_no_room) poll(&stop, 1, kPauseMs);
    return;
  }
  if (fd >= first_too_high_) {
    close(fd);
    // The powers of two: that it goes on is said ever more rarely.
    const uint64_t count = ++turned_away_;
    if ((count & (count - 1)) == 0) {
      spdlog::warn("too many connections, {} turned away so far", count);
    }
    return;
  }
  Acceptor::NewConnectionParameters connection;
  connection.listener_fd = listener;
  connection.fd = fd;
  acceptor_->HandleNewConnection(&connection);
}

}  // namespace mxban
