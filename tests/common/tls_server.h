#ifndef MXBAN_TESTS_COMMON_TLS_SERVER_H_
#define MXBAN_TESTS_COMMON_TLS_SERVER_H_

// A gRPC server on loopback that answers GetStatus with the name of its
// client's certificate, and clients of it.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/client_tls.h"
#include "common/grpc_status.h"
#include "common/server_tls.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban {

class TlsServer final : public v1::AdminService::CallbackService {
 public:
  TlsServer(const ServerTls& tls,
            std::shared_ptr<grpc::ServerCredentials> credentials)
      : tls_(tls) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~TlsServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  grpc::ServerUnaryReactor* GetStatus(
      grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
      v1::GetStatusResponse* response) override {
    const auto client = tls_.ClientOf(*context, absl::Now());
    if (client.ok()) {
      response->set_version(client->has_value() ? (*client)->name() : "nobody");
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpcStatus(client.status()));
    return reactor;
  }

 private:
  const ServerTls& tls_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// One connection.
class TlsConnection {
 public:
  TlsConnection(const std::string& address, ClientTls& tls) {
    auto credentials = tls.Credentials(address);
    status_ = credentials.status();
    if (!status_.ok()) return;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::AdminService::NewStub(
        grpc::CreateCustomChannel(address, *credentials, arguments));
  }

  // Whom the server takes us for.
  absl::StatusOr<std::string> Ask() {
    if (!status_.ok()) return status_;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::GetStatusResponse response;
    const grpc::Status status = stub_->GetStatus(&context, {}, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response.version();
  }

 private:
  absl::Status status_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_COMMON_TLS_SERVER_H_
