// Over gRPC on loopback.

#include "coordinator/ban_watch.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_waker.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

class WatchOnly final : public v1::AdminService::CallbackService {
 public:
  explicit WatchOnly(BanWatch& watch) : watch_(watch) {}
  grpc::ServerWriteReactor<v1::WatchBansResponse>* WatchBans(
      grpc::CallbackServerContext* context,
      const v1::WatchBansRequest*) override {
    return watch_.NewStream(
        *context, open_calls_.Add(*context, [] { return absl::OkStatus(); }));
  }

 private:
  BanWatch& watch_;
  OpenCalls open_calls_;
};

class BanWatchTest : public testing::Test {
 protected:
  BanWatchTest() {
    // Never destroyed: at the very end gRPC waits up to 10 s for a poller of
    // its own when a write was stuck.
    static GrpcWaker* const waker = new GrpcWaker;
    (void)waker;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AdminService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    stream_ = stub_->WatchBans(&context_, {});
    stream_->WaitForInitialMetadata();  // From here on nothing is missed.
  }

  ~BanWatchTest() override {
    context_.TryCancel();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  void Publish(uint32_t number) {
    Ban ban;
    const uint8_t bytes[] = {11, 0, static_cast<uint8_t>(number >> 8),
                             static_cast<uint8_t>(number)};
    ban.key = {"jail", IpNetwork::FromBytes(bytes, 32)};
    ban.evidence.assign(5, std::string(1'000, 'e'));
    table_.Publish({table_.revision() + 1,
                    clock_.TimeNow(),
                    nullptr,
                    {{BanTable::ChangeKind::kImposed, ban}}});
  }

  // How many changes are told before the end, and why that comes.
  std::pair<uint32_t, grpc::Status> ReadToEnd() {
    uint32_t changes = 0;
    v1::WatchBansResponse response;
    while (stream_->Read(&response)) ++changes;
    return {changes, stream_->Finish()};
  }

  FakeClock clock_;
  BanTable table_;
  AgentRegistry registry_{0};
  BanWatch watch_{table_, registry_, clock_};
  WatchOnly service_{watch_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchBansResponse>> stream_;
};

TEST_F(BanWatchTest, ChangesAreTold) {
  for (uint32_t i = 0; i < 10; ++i) {
    Publish(i);
    clock_.Advance(absl::Seconds(30));  // Not too long even for the last write.
    v1::WatchBansResponse response;
    ASSERT_TRUE(stream_->Read(&response));
    EXPECT_EQ(response.change(), v1::WatchBansResponse::CHANGE_IMPOSED);
    EXPECT_EQ(response.ban().ban().source(), absl::StrCat("11.0.0.", i));
  }
}

TEST_F(BanWatchTest, WhoFallsTooFarBehindIsToldSo) {
  for (uint32_t i = 0; i < 20'000; ++i) Publish(i);
  const auto [changes, end] = ReadToEnd();
  EXPECT_EQ(end.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_LT(changes, 10'000) << "what is queued is let go of";
}

TEST_F(BanWatchTest, WhoTakesNothingIsCutOff) {
  for (uint32_t i = 0; i < 5'000; ++i) Publish(i);  // More than is on the way.
  clock_.Advance(absl::Seconds(31));
  Publish(5'000);
  const auto [changes, end] = ReadToEnd();
  EXPECT_EQ(end.error_code(), grpc::CANCELLED);
  EXPECT_LT(changes, 5'000);
}

}  // namespace
}  // namespace mxban
