#ifndef MXBAN_COORDINATOR_SERVER_SETTINGS_H_
#define MXBAN_COORDINATOR_SERVER_SETTINGS_H_

// What the coordinator's gRPC servers have in common.

#include "grpcpp/impl/codegen/service_type.h"
#include "grpcpp/server_builder.h"

namespace mxban {

// `service` must outlive the server.
inline void SetUpServer(grpc::Service& service, grpc::ServerBuilder& builder) {
  // A peer that vanished without a word is noticed within twice this time.
  constexpr int kKeepaliveMs = 10'000;
  builder.RegisterService(&service);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  // A second coordinator on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SERVER_SETTINGS_H_
