// Over gRPC on loopback.

#include "coordinator/agent_service.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_waker.h"
#include "common/proto_convert.h"
#include "coordinator/sqlite_ban_store.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

// What has to happen happens within this time, or the test fails.
constexpr absl::Duration kTestPatience = absl::Seconds(20);

using WatchStream =
    grpc::ClientReaderWriterInterface<v1::WatchRequest, v1::WatchResponse>;

class AgentServiceTest : public testing::Test {
 protected:
  AgentServiceTest() {
    // Never destroyed: at the very end gRPC waits up to 10 s for a poller of
    // its own when a write was stuck.
    static GrpcWaker* const waker = new GrpcWaker;
    (void)waker;
    const std::string path =
        testing::TempDir() + "/" +
        testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
    std::filesystem::remove(path);
    store_ = *SqliteBanStore::Open(path);
    loop_ = std::make_unique<DecisionLoop>(*store_, table_, clock_, 1'000);
    Jail jail;
    jail.name = "jail";
    jail.ban_time = absl::Hours(8);
    history_id_ =
        *loop_->Load(std::make_shared<JailSet>(JailSet{{"jail", jail}}));
    registry_ = std::make_unique<AgentRegistry>(table_.revision());
    table_.AddListener(registry_.get());
    feed_ = std::make_unique<BanFeed>(table_, history_id_);
    service_ = std::make_unique<AgentService>(
        *loop_, *feed_, *registry_, quota_, clock_, *identities_, open_calls_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::AgentService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  ~AgentServiceTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
    loop_->Stop();
    table_.RemoveListener(registry_.get());
  }

  static std::unique_ptr<grpc::ClientContext> ContextOf(const char* server) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(absl::ToChronoTime(absl::Now() + kTestPatience));
    if (*server != '\0') context->AddMetadata("mxban-server-name", server);
    return context;
  }

  grpc::Status HandOver(const char* server, const std::vector<Ban>& bans) {
    v1::HandOverBansRequest request;
    for (const Ban& ban : bans) *request.add_bans() = BanToProto(ban);
    return stub_->HandOverBans(ContextOf(server).get(), request, &response_);
  }

  Ban LocalBan(const char* source) const {
    Ban ban;
    ban.key = {"jail", IpNetwork::ParseOrDie(source)};
    ban.create_time = clock_.TimeNow();
    ban.expire_time = clock_.TimeNow() + absl::Hours(1);
    return ban;
  }

  // Changes the table as the loop does, which is not running then.
  void PublishBans(uint32_t count) {
    BanTable::Update update = {
        table_.revision() + 1, clock_.TimeNow(), nullptr, {}};
    for (; count > 0; --count, ++published_) {
      const uint8_t bytes[] = {11, static_cast<uint8_t>(published_ >> 16),
                               static_cast<uint8_t>(published_ >> 8),
                               static_cast<uint8_t>(published_)};
      Ban ban;
      ban.key = {"jail", IpNetwork::FromBytes(bytes, 32)};
      update.changes.push_back({BanTable::ChangeKind::kImposed, ban});
    }
    table_.Publish(update);
  }

  std::unique_ptr<WatchStream> Subscribe(grpc::ClientContext& context) {
    std::unique_ptr<WatchStream> stream = stub_->Watch(&context);
    v1::WatchRequest request;
    request.mutable_subscription();
    EXPECT_TRUE(stream->Write(request));
    return stream;
  }

  // Waits, by asking, until so many agents are connected.
  bool AwaitConnected(size_t count) {
    const absl::Time deadline = absl::Now() + kTestPatience;
    while (registry_->GetTotals().connected != count) {
      if (absl::Now() > deadline) return false;
    }
    return true;
  }

  // Reads up to the newest revision; how many bans were told.
  size_t ReadAll(WatchStream& stream) {
    size_t bans = 0;
    v1::WatchResponse message;
    while (stream.Read(&message)) {
      bans += message.snapshot().bans_size() + message.delta().imposed_size();
      if (message.has_coordinator_time()) {
        times_.push_back(*TimestampFromProto(message.coordinator_time()));
      }
      if (message.revision() == table_.revision()) return bans;
    }
    return 0;
  }

  static void End(grpc::ClientContext& context, WatchStream& stream) {
    context.TryCancel();
    v1::WatchResponse message;
    while (stream.Read(&message)) {
    }
    EXPECT_EQ(stream.Finish().error_code(), grpc::CANCELLED);
  }

  FakeClock clock_;
  std::unique_ptr<Identities> identities_ = *Identities::Open({}, clock_);
  OpenCalls open_calls_;
  uint32_t published_ = 0;
  std::string history_id_;
  v1::HandOverBansResponse response_;
  std::vector<absl::Time> times_;  // That messages bore.
  BanTable table_;
  std::unique_ptr<BanStore> store_;
  std::unique_ptr<DecisionLoop> loop_;
  std::unique_ptr<AgentRegistry> registry_;
  std::unique_ptr<BanFeed> feed_;
  AgentQuota quota_{20};
  std::unique_ptr<AgentService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
};

TEST_F(AgentServiceTest, BansAreHandedOver) {
  loop_->Start();
  const Ban ban = LocalBan("203.0.113.30");
  const Ban refused = LocalBan("127.0.0.1");
  const grpc::Status status = HandOver("mx1", {ban, refused});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.history_id(), history_id_);
  EXPECT_EQ(response_.revision(), table_.revision());
  ASSERT_EQ(response_.refused_size(), 1);
  EXPECT_EQ(*LiftedBanFromProto(response_.refused(0)), refused.key);
  EXPECT_EQ(table_.Find(ban.key)->servers, std::vector<std::string>{"mx1"});
}

TEST_F(AgentServiceTest, BansAreHandedOverInFormAndInAName) {
  loop_->Start();
  EXPECT_EQ(HandOver("", {}).error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(HandOver("mx1", std::vector<Ban>(1'001, LocalBan("203.0.113.30")))
                .error_code(),
            grpc::INVALID_ARGUMENT);
  loop_->Stop();
  EXPECT_EQ(HandOver("mx1", {}).error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(table_.size(), 0);
}

TEST_F(AgentServiceTest, WhatExceedsTheQuotaIsNotDecided) {
  loop_->Start();
  const std::vector<Ban> bans(600, LocalBan("203.0.113.30"));
  EXPECT_TRUE(HandOver("mx1", bans).ok());
  EXPECT_TRUE(HandOver("mx1", bans).ok());
  const grpc::Status status = HandOver("mx1", {LocalBan("203.0.113.31")});
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(),
            "more than 20 failures a second (--agent_quota)");
  EXPECT_EQ(table_.size(), 1);
  EXPECT_TRUE(HandOver("mx2", {LocalBan("203.0.113.31")}).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(HandOver("mx1", {LocalBan("203.0.113.32")}).ok());
  EXPECT_EQ(table_.size(), 3);
}

TEST_F(AgentServiceTest, AServerOpensFewCalls) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<WatchStream>> streams;
  v1::WatchResponse message;
  for (int i = 0; i < 4; ++i) {
    contexts.push_back(ContextOf("mx1"));
    streams.push_back(Subscribe(*contexts.back()));
    EXPECT_TRUE(streams.back()->Read(&message));
  }
  const auto context = ContextOf("mx1");
  const auto stream = stub_->Watch(context.get());
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 4; ++i) End(*contexts[i], *streams[i]);
  ASSERT_TRUE(AwaitConnected(0));
}

TEST_F(AgentServiceTest, AReaderThatReadsIsToldTheTimeAndEverything) {
  PublishBans(100'000);
  const auto context = ContextOf("mx1");
  const auto stream = Subscribe(*context);
  EXPECT_EQ(ReadAll(*stream), 100'000);
  EXPECT_EQ(times_, std::vector<absl::Time>{clock_.TimeNow()});
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(30));
    PublishBans(1);
    EXPECT_EQ(ReadAll(*stream), 1) << "to be idle is not to be slow";
  }
  EXPECT_EQ(times_.size(), 1);
  End(*context, *stream);
}

TEST_F(AgentServiceTest, AReaderThatTakesNothingIsCutOffAndCatchesUp) {
  PublishBans(200'000);  // Far more than a window of HTTP/2.
  const auto context = ContextOf("mx1");
  const auto stream = Subscribe(*context);
  ASSERT_TRUE(AwaitConnected(1));
  PublishBans(1);
  EXPECT_EQ(registry_->GetTotals().connected, 1) << "not slow yet";
  const absl::Time deadline = absl::Now() + kTestPatience;
  while (registry_->GetTotals().connected > 0 && absl::Now() < deadline) {
    clock_.Advance(absl::Seconds(31));
    PublishBans(1);
  }
  ASSERT_EQ(registry_->GetTotals().connected, 0);
  v1::WatchResponse message;
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);

  const auto again = ContextOf("mx1");
  const auto next = Subscribe(*again);
  EXPECT_EQ(ReadAll(*next), table_.size());
  End(*again, *next);
}

}  // namespace
}  // namespace mxban
