#include "coordinator/peer_limits.h"

#include "common/proto_convert.h"
#include "grpcpp/resource_quota.h"

namespace mxban {

void LimitPeers(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 16);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  grpc::ResourceQuota memory("agents");
  memory.Resize(size_t{1} << 30);
  builder.SetResourceQuota(memory);
}

}  // namespace mxban
