// A coordinator with many bans, restarted: all agents are back at once and want
// the whole set. Real streams over loopback, several on each channel; the
// agents are no more than the far ends of their Watch calls.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "coordinator/sqlite_ban_store.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "gtest/gtest.h"
#include "mxban/v1/agent_service.pb.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

#ifdef __SANITIZE_THREAD__
constexpr int kAgents = 100;  // Each call takes ten times as long.
#else
constexpr int kAgents = 1'000;
#endif
constexpr int kChannels = 64;  // A connection carries 16 calls at once.
constexpr size_t kBans = 20'000;
constexpr absl::Duration kLongest = absl::Seconds(60);

// For both ends of a thousand streams, in one process, with the messages that
// gRPC holds between them: half of it, mostly. With a snapshot for each it
// would be over 1 GiB more.
constexpr size_t kMostGrowth = 1 << 30;

size_t ResidentBytes() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// Counts down.
class Missing {
 public:
  explicit Missing(int count) : count_(count) {}

  void OneLess() {
    absl::MutexLock lock(&mutex_);
    --count_;
  }

  bool AwaitNone(absl::Duration longest) {
    absl::MutexLock lock(&mutex_);
    const auto is_none = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return count_ == 0;
    };
    return mutex_.AwaitWithTimeout(absl::Condition(&is_none), longest);
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_);
};

// The far end of one Watch call. Reads encoded messages, and decodes only what
// it must to know how many bans it holds.
class ReturningAgent final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  ReturningAgent(const std::shared_ptr<grpc::Channel>& channel, int number,
                 Missing& without_bans, Missing& connected)
      : stub_(channel), without_bans_(without_bans), connected_(connected) {
    context_.AddMetadata("mxban-server-name", absl::StrCat("mx", number));
    v1::WatchRequest request;
    request.mutable_subscription();
    bool own_buffer;
    (void)grpc::SerializationTraits<v1::WatchRequest>::Serialize(
        request, &request_, &own_buffer);
    stub_.PrepareBidiStreamingCall(&context_, "/mxban.v1.AgentService/Watch",
                                   {}, this);
    StartWrite(&request_);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    v1::WatchResponse update;
    EXPECT_TRUE(grpc::SerializationTraits<v1::WatchResponse>::Deserialize(
                    &response_, &update)
                    .ok());
    if (update.has_snapshot()) {
      bans_ += update.snapshot().bans_size();
      if (update.snapshot().last()) without_bans_.OneLess();
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status&) override { connected_.OneLess(); }

  void Leave() { context_.TryCancel(); }

  // Once it has all.
  size_t bans() const { return bans_; }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  Missing& without_bans_;
  Missing& connected_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  size_t bans_ = 0;
};

class ReturningAgentsTest : public ClusterTest {
 protected:
  // As if they had been imposed by and by.
  void StoreBans() {
    std::filesystem::create_directories(options_.state_dir);
    auto store = SqliteBanStore::Open(options_.state_dir + "/bans.db");
    ASSERT_TRUE(store.ok()) << store.status();
    StoreChange change;
    change.revision = 1;
    for (size_t i = 0; i < kBans; ++i) {
      const uint8_t bytes[] = {203, static_cast<uint8_t>(i >> 16),
                               static_cast<uint8_t>(i >> 8),
                               static_cast<uint8_t>(i)};
      Ban ban;
      ban.key = {"sendmail", IpNetwork::FromBytes(bytes, 32)};
      ban.create_time = absl::Now();
      ban.expire_time = ban.create_time + absl::Hours(8);
      change.imposed.push_back(std::move(ban));
    }
    ASSERT_TRUE((*store)->Commit(change).ok());
  }

  std::vector<std::shared_ptr<grpc::Channel>> OpenChannels() {
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (int i = 0; i < kChannels; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      channels.push_back(grpc::CreateCustomChannel(
          options_.agent_listen, grpc::InsecureChannelCredentials(),
          arguments));
      EXPECT_TRUE(channels.back()->WaitForConnected(
          absl::ToChronoTime(absl::Now() + kLongest)));
    }
    return channels;
  }
};

TEST_F(ReturningAgentsTest, ShareOneSnapshot) {
  StoreBans();
  StartCoordinator();
  const auto channels = OpenChannels();
  Missing without_bans(kAgents);
  Missing connected(kAgents);
  std::deque<ReturningAgent> agents;
  const size_t bytes_before = ResidentBytes();
  const absl::Time begin = absl::Now();
  for (int i = 0; i < kAgents; ++i) {
    agents.emplace_back(channels[i % kChannels], i, without_bans, connected);
  }
  EXPECT_TRUE(without_bans.AwaitNone(kLongest));
  const absl::Duration took = absl::Now() - begin;
  const size_t growth =
      ResidentBytes() - std::min(ResidentBytes(), bytes_before);
  const std::string figure = absl::StrCat(
      "figure: ", kAgents, " agents hold ", kBans, " bans after ",
      absl::FormatDuration(absl::Trunc(took, absl::Milliseconds(1))), ", ",
      coordinator_->encoded_snapshots(), " snapshots encoded, ", growth >> 20,
      " MiB more in use at both ends");
  std::printf("%s\n", figure.c_str());
  RecordProperty("figure", figure);

  EXPECT_EQ(coordinator_->encoded_snapshots(), 1);
  EXPECT_LT(growth, kMostGrowth);
  EXPECT_EQ(GetStatus().connected_agent_count(), kAgents);
  for (ReturningAgent& agent : agents) agent.Leave();
  ASSERT_TRUE(connected.AwaitNone(kLongest));
  for (const ReturningAgent& agent : agents) EXPECT_EQ(agent.bans(), kBans);
}

}  // namespace
}  // namespace mxban
