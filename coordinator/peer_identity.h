#ifndef MXBAN_COORDINATOR_PEER_IDENTITY_H_
#define MXBAN_COORDINATOR_PEER_IDENTITY_H_

// Which server an agent speaks for.

#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"

namespace mxban {

// The metadata key in which an agent names its server.
inline constexpr char kServerNameKey[] = "mxban-server-name";

// Returns the server name that the caller states and its certificate bears, or
// the errors of AgentService.
absl::StatusOr<std::string> ServerNameOf(
    const grpc::ServerContextBase& context);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PEER_IDENTITY_H_
