#ifndef MXBAN_TESTS_DEMO_CONNECTION_H_
#define MXBAN_TESTS_DEMO_CONNECTION_H_

// TCP connections from chosen source addresses, and what becomes of them.

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban::demo {

// An IP address and a port, as the kernel wants them.
struct Endpoint {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  const sockaddr* address() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

// INVALID_ARGUMENT if `address` is no IPv4 or IPv6 address.
absl::StatusOr<Endpoint> ToEndpoint(const std::string& address, uint16_t port);

enum class Outcome { kAccepted, kRefused, kTimedOut, kFailed };

// `accepted`, `refused`, `timed out`, `failed`.
absl::string_view ToText(Outcome outcome);

// Connects from `source` and hangs up at once, leaving nothing behind in the
// kernel. kFailed if `source` is not an address of this network namespace.
Outcome TryConnect(const Endpoint& source, const Endpoint& target,
                   absl::Duration patience);

}  // namespace mxban::demo

#endif  // MXBAN_TESTS_DEMO_CONNECTION_H_
