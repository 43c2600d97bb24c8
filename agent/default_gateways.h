#ifndef MXBAN_AGENT_DEFAULT_GATEWAYS_H_
#define MXBAN_AGENT_DEFAULT_GATEWAYS_H_

// By whom this host reaches the world: to refuse one of them could cut it off.

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ip_network.h"

namespace mxban {

// The gateways of every default route, IPv4 and IPv6, of every table and of all
// its hops, in the network namespace of the calling thread. Takes no right.
absl::StatusOr<std::vector<IpNetwork>> DefaultGateways();

// What a dump of routes (rtnetlink) has said so far.
struct RouteReply {
  bool finished = false;  // Nothing follows.
  int error = 0;          // An errno, or 0.
  std::vector<IpNetwork> gateways;
};

// Adds what `datagram` says in answer to `sequence` to `reply`. Pure.
void ParseRouteReply(absl::string_view datagram, uint32_t sequence,
                     RouteReply& reply);

}  // namespace mxban

#endif  // MXBAN_AGENT_DEFAULT_GATEWAYS_H_
