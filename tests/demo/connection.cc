#include "tests/demo/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mxban::demo {
namespace {

Outcome ToOutcome(int error) {
  switch (error) {
    case 0:
      return Outcome::kAccepted;
    case ECONNREFUSED:
      return Outcome::kRefused;
    case ETIMEDOUT:
      return Outcome::kTimedOut;
    default:
      return Outcome::kFailed;
  }
}

Outcome Await(int connection, absl::Duration patience) {
  pollfd watched = {connection, POLLOUT, 0};
  if (poll(&watched, 1, static_cast<int>(patience / absl::Milliseconds(1))) <=
      0) {
    return Outcome::kTimedOut;
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size);
  return ToOutcome(error);
}

Outcome Connect(int connection, const Endpoint& source, const Endpoint& target,
                absl::Duration patience) {
  // Hanging up sends a reset: thousands of tries leave no TIME_WAIT.
  const linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  if (bind(connection, source.address(), source.size) != 0) {
    return Outcome::kFailed;
  }
  if (connect(connection, target.address(), target.size) == 0) {
    return Outcome::kAccepted;
  }
  return errno == EINPROGRESS ? Await(connection, patience) : ToOutcome(errno);
}

}  // namespace

absl::StatusOr<Endpoint> ToEndpoint(const std::string& address, uint16_t port) {
  Endpoint endpoint;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    endpoint.size = sizeof(*v4);
    return endpoint;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    endpoint.size = sizeof(*v6);
    return endpoint;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", address, "' is no IP address"));
}

absl::string_view ToText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return "accepted";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kTimedOut:
      return "timed out";
    case Outcome::kFailed:
      return "failed";
  }
  return "";
}

Outcome TryConnect(const Endpoint& source, const Endpoint& target,
                   absl::Duration patience) {
  const int connection = socket(source.storage.ss_family,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection < 0) return Outcome::kFailed;
  const Outcome outcome = Connect(connection, source, target, patience);
  close(connection);
  return outcome;
}

}  // namespace mxban::demo
