#ifndef MXBAN_COORDINATOR_PEER_LIMITS_H_
#define MXBAN_COORDINATOR_PEER_LIMITS_H_

// What whoever connects to a port may use, known or not:
//
//   connections  bounded_listener.h, on the agents' port
//   handshake    10 s for TLS and the first word of HTTP/2, then it is closed
//   idleness     5 minutes without any call
//   calls        16 at once per connection; an agent has three. What is known
//                of a server bounds it further (call_limits.h, agent_quota.h)
//   metadata     8 KiB per call
//   a message    2 MiB (kMaxMessageBytes): the largest legal one is a batch of
//                1,000 failures and 1,000 right logins, 1.4 MB
//   memory       1 GiB for what all of them have under way; beyond it gRPC
//                takes no connections and ends calls

#include "grpcpp/server_builder.h"

namespace mxban {

void LimitPeers(grpc::ServerBuilder& builder);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PEER_LIMITS_H_
