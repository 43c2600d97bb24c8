#include "tests/demo/listener.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/demo/connection.h"

namespace mxban::demo {
namespace {

absl::StatusOr<int> ListenOn(uint16_t port) {
  // Of a machine without IPv6, the IPv4 ports.
  int listener =
      socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const bool is_v6 = listener >= 0;
  if (!is_v6) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  const absl::StatusOr<Endpoint> here =
      ToEndpoint(is_v6 ? "::" : "0.0.0.0", port);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (bind(listener, here->address(), here->size) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on port ", port,
                                               ": ", std::strerror(errno)));
  }
  return listener;
}

// All who wait; with thousands of tries a second, some are gone already.
void GreetAll(int listener, const std::string& greeting) {
  int connection;
  while ((connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >=
         0) {
    send(connection, greeting.data(), greeting.size(), MSG_NOSIGNAL);
    close(connection);
  }
}

}  // namespace

absl::Status Listen(const std::string& name,
                    const std::vector<uint16_t>& ports) {
  const std::string greeting = absl::StrCat("220 ", name, " ESMTP\r\n");
  std::vector<pollfd> watched;
  for (const uint16_t port : ports) {
    const absl::StatusOr<int> listener = ListenOn(port);
    if (!listener.ok()) return listener.status();
    watched.push_back({*listener, POLLIN, 0});
  }
  while (poll(watched.data(), watched.size(), -1) >= 0) {
    for (const pollfd& one : watched) {
      if (one.revents != 0) GreetAll(one.fd, greeting);
    }
  }
  return absl::InternalError(absl::StrCat("poll: ", std::strerror(errno)));
}

}  // namespace mxban::demo
