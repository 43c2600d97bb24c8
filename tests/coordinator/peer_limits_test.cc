// On a real server. What takes ten seconds is in hostile_agent_test.

#include "coordinator/peer_limits.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/jail.h"
#include "common/proto_convert.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "gtest/gtest.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {
namespace {

// Takes every hand-over.
class Service final : public v1::AgentService::Service {
 public:
  grpc::Status HandOverBans(grpc::ServerContext*,
                            const v1::HandOverBansRequest*,
                            v1::HandOverBansResponse*) override {
    return grpc::Status::OK;
  }
};

class PeerLimitsTest : public testing::Test {
 protected:
  PeerLimitsTest() {
    grpc::ServerBuilder builder;
    LimitPeers(builder);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    Connect();
  }

  // Calls go over a connection of their own from here on.
  void Connect() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::AgentService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(),
        arguments));
  }

  ~PeerLimitsTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  grpc::Status HandOver(const v1::HandOverBansRequest& request,
                        size_t metadata_bytes = 0) {
    grpc::ClientContext context;
    context.AddMetadata("more", std::string(metadata_bytes, 'x'));
    v1::HandOverBansResponse response;
    return stub_->HandOverBans(&context, request, &response);
  }

  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
};

// What a legal report takes: everything as long as it may be.
TEST_F(PeerLimitsTest, EveryLegalReportFits) {
  const std::string source = "2001:db8:1111:2222:3333:4444:5555:6666";
  v1::ReportFailuresRequest request;
  request.set_jail(std::string(kMaxJailName, 'j'));
  request.set_log_id(std::string(kMaxLogId, 'l'));
  for (int i = 0; i < kMaxFailuresPerBatch; ++i) {
    v1::Failure& failure = *request.add_failures();
    failure.set_source(source);
    failure.mutable_failure_time()->set_seconds(INT64_MAX);
    failure.mutable_failure_time()->set_nanos(999'999'999);
    failure.set_end_offset(INT64_MAX);
    failure.set_evidence(std::string(kMaxEvidenceText, 'e'));
    failure.set_user(std::string(64, 'u'));
    v1::RightLogin& login = *request.add_right_logins();
    login.set_source(source);
    *login.mutable_login_time() = failure.failure_time();
    login.set_end_offset(INT64_MAX);
    login.set_user(std::string(64, 'u'));
  }
  EXPECT_LT(request.ByteSizeLong(), kMaxMessageBytes);
}

TEST_F(PeerLimitsTest, ALargerMessageEndsItsCall) {
  v1::HandOverBansRequest request;
  request.add_bans()->set_reason(std::string(kMaxMessageBytes - 100, 'x'));
  EXPECT_TRUE(HandOver(request).ok());
  request.add_bans()->set_reason(std::string(200, 'x'));
  EXPECT_EQ(HandOver(request).error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(HandOver({}).ok());
}

TEST_F(PeerLimitsTest, MoreMetadataEndsItsCall) {
  EXPECT_TRUE(HandOver({}, 4'000).ok());
  EXPECT_FALSE(HandOver({}, 10'000).ok());
  Connect();  // Its connection may end with the call; others do not.
  EXPECT_TRUE(HandOver({}).ok());
}

}  // namespace
}  // namespace mxban
