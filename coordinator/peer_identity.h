#ifndef MXBAN_COORDINATOR_PEER_IDENTITY_H_
#define MXBAN_COORDINATOR_PEER_IDENTITY_H_

// Which server an agent says that it speaks for.

#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"

namespace mxban {

// The metadata key in which an agent names its server.
inline constexpr char kServerNameKey[] = "mxban-server-name";

// Returns the server name that the caller states, or UNAUTHENTICATED if it
// states none. Identities::AgentOf() says whether to believe it.
absl::StatusOr<std::string> StatedServerName(
    const grpc::ServerContextBase& context);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PEER_IDENTITY_H_
