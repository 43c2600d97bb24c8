// Over gRPC on loopback.

#include "coordinator/peer_identity.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban {
namespace {

class Echo final : public v1::AdminService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetStatus(
      grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
      v1::GetStatusResponse* response) override {
    const absl::StatusOr<std::string> name = StatedServerName(*context);
    response->set_version(name.value_or(""));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToGrpcStatus(name.status()));
    return reactor;
  }
};

class PeerIdentityTest : public testing::Test {
 protected:
  PeerIdentityTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AdminService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }
  ~PeerIdentityTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  // Who the server hears it is; empty for nobody.
  std::string Ask(const std::string& name) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    if (!name.empty()) context.AddMetadata(kServerNameKey, name);
    v1::GetStatusResponse response;
    const grpc::Status status = stub_->GetStatus(&context, {}, &response);
    if (!status.ok()) {
      EXPECT_EQ(status.error_code(), grpc::UNAUTHENTICATED);
    }
    return response.version();
  }

  Echo service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
};

TEST_F(PeerIdentityTest, AHostNameIsHeard) {
  for (const char* name : {"mx1", "mx-1.example.net", "10_b"}) {
    EXPECT_EQ(Ask(name), name);
  }
}

TEST_F(PeerIdentityTest, NothingElseIs) {
  for (const std::string& name :
       {std::string(), std::string("mx 1"), std::string("mx1;rm"),
        std::string("mx1/.."), std::string(254, 'x')}) {
    EXPECT_EQ(Ask(name), "") << name;
  }
}

}  // namespace
}  // namespace mxban
