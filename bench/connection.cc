#include "bench/connection.h"

#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server_builder.h"

namespace mxban {

int Listen(grpc::Service& service) {
  static std::unique_ptr<grpc::Server> server;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  server = builder.BuildAndStart();
  return server == nullptr ? 0 : port;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(
      endpoint, grpc::InsecureChannelCredentials(), arguments);
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  if (!channel->WaitForConnected(absl::ToChronoTime(deadline))) {
    std::fprintf(stderr, "no connection to %s\n", endpoint.c_str());
    std::exit(1);
  }
  return channel;
}

}  // namespace mxban
