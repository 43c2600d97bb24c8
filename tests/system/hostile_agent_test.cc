// What a server that is broken or hijacked can do to a coordinator and to the
// others: no more than take its own share. Each test says what is tried.

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "tests/system/hostile_lab.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// An answer later than this would be felt.
constexpr absl::Duration kSane = absl::Seconds(2);

constexpr uint32_t kAttacker = 1 << 23;  // 10.128.0.0, and those after it.

class HostileAgentTest : public HostileLab {
 protected:
  // Three failures of a source, which the coordinator takes without delay.
  void ExpectHonestBan(uint32_t source) {
    for (int i = 0; i < 3; ++i) {
      const grpc::Status status = Honest().Report({Numbered(source)});
      EXPECT_TRUE(status.ok()) << status.error_message();
      slowest_ = std::max(slowest_, honest_->latency());
    }
    EXPECT_TRUE(AwaitBan(Numbered(source)));
    EXPECT_LT(slowest_, kSane);
  }

  Peer& Honest() {
    if (honest_ == nullptr) honest_ = std::make_unique<Peer>("honest");
    return *honest_;
  }

  absl::Duration slowest_;

 private:
  std::unique_ptr<Peer> honest_;
};

// A million sources that do not exist, on four streams at once, without any
// quota. The honest server's sources are still known and are banned at once;
// memory and disk stay those of --max_sources.
TEST_F(HostileAgentTest, InventedSourcesDisplaceNoOthers) {
  constexpr uint32_t kHonestSources = 1'000;
  constexpr uint32_t kBatches = 1'000;
  StartCoordinator({"--max_sources=100000", "--agent_quota=0"});
  std::vector<std::string> seen_twice;
  for (uint32_t i = 0; i < kHonestSources; ++i) {
    seen_twice.push_back(Numbered(kAttacker + i));
  }
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(Honest().Report(seen_twice).ok());

  std::atomic<uint32_t> next_batch = 0;
  std::vector<std::thread> streams;
  for (int i = 0; i < 4; ++i) {
    streams.emplace_back([&next_batch] {
      Peer hostile("hostile");
      for (uint32_t batch; (batch = next_batch++) < kBatches;) {
        std::vector<std::string> invented;
        for (uint32_t n = 0; n < 1'000; ++n) {
          invented.push_back(Numbered(1'000 * batch + n));
        }
        EXPECT_TRUE(hostile.Report(invented).ok());
      }
    });
  }
  for (uint32_t other = kHonestSources; next_batch < kBatches; ++other) {
    ExpectHonestBan(kAttacker + other);
  }
  for (std::thread& stream : streams) stream.join();

  EXPECT_TRUE(Honest().Report(seen_twice).ok());
  EXPECT_TRUE(
      Eventually([&] { return Status().ban_count() >= kHonestSources; }));
  EXPECT_LE(Metric("mxban_tracked_sources"), 100'000 - kHonestSources);
  EXPECT_GE(Metric("mxban_tracked_sources"), 90'000);
  EXPECT_GE(Metric("mxban_evicted_sources_total"), 900'000);
  EXPECT_LT(PeakBytes(), 256 << 20);
  EXPECT_LT(StoredBytes(), 128 << 20);
  RecordProperty("peak_megabytes", PeakBytes() >> 20);
  RecordProperty("stored_megabytes", StoredBytes() >> 20);
  RecordProperty("slowest_ms", slowest_ / absl::Milliseconds(1));
}

// As many failures as go down the wire, again and again. Beyond the quota they
// are refused, which is said and counted; the honest server does not feel it.
TEST_F(HostileAgentTest, AFloodEndsAtTheQuota) {
  StartCoordinator({"--agent_quota=100"});
  const std::vector<std::string> batch(1'000, "192.0.2.11");
  const absl::Time begin = absl::Now();
  std::atomic<bool> is_over = false;
  std::atomic<int> granted = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> streams;
  for (int i = 0; i < 4; ++i) {
    streams.emplace_back([&] {
      Peer hostile("hostile");
      while (!is_over) {
        const grpc::Status status = hostile.Report(batch);
        if (status.ok()) {
          ++granted;
        } else {
          EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
          ++refused;
        }
      }
    });
  }
  for (uint32_t i = 0; i < 20; ++i) ExpectHonestBan(kAttacker + i);
  is_over = true;
  for (std::thread& stream : streams) stream.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_LE(granted * 1'000, 6'000 + 100 * seconds);
  EXPECT_GT(refused, 100);
  EXPECT_GT(Metric("mxban_reports_over_quota_total"), 100);
  EXPECT_THAT(Output(), HasSubstr("hostile reports more than 100 failures a "
                                  "second (--agent_quota)"));
  EXPECT_LT(Output().size(), 20'000) << "nor does it fill the log";
  RecordProperty("slowest_ms", slowest_ / absl::Milliseconds(1));
}

// Sends `bytes` as the message of a call of `method`.
grpc::Status SendBytes(Peer& peer, const std::string& method,
                       const std::string& bytes) {
  grpc::GenericStub stub(peer.channel());
  const auto context = peer.NewContext();
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      context.get(), "/mxban.v1.AgentService/" + method, &queue);
  void* tag = nullptr;
  bool ok = false;
  const auto await = [&] { queue.Next(&tag, &ok); };
  call->StartCall(nullptr);
  await();
  grpc::Slice slice(bytes);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  await();
  call->WritesDone(nullptr);
  await();
  grpc::Status status;
  call->Finish(&status, nullptr);
  await();
  return status;
}

// Messages that are too large, and bytes that are no message. Each ends its
// call and nothing else.
TEST_F(HostileAgentTest, WhatIsNoMessageEndsItsCall) {
  StartCoordinator({});
  Peer hostile("hostile");
  std::mt19937 random(7460);
  for (const char* method : {"ReportFailures", "Watch", "HandOverBans"}) {
    EXPECT_EQ(
        SendBytes(hostile, method, std::string(3 << 20, 'x')).error_code(),
        grpc::RESOURCE_EXHAUSTED)
        << method;
    for (int i = 0; i < 100; ++i) {
      std::string bytes(random() % 2'000 + 1, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      SendBytes(hostile, method, bytes);
    }
  }
  ExpectHonestBan(kAttacker);
  EXPECT_EQ(Bans().size(), 1);
  EXPECT_TRUE(hostile.Report({Numbered(1)}).ok()) << "it may still mend";
  EXPECT_LT(Output().size(), 20'000);
}

// Metadata of a hundred kilobytes.
TEST_F(HostileAgentTest, HugeMetadataIsRefused) {
  StartCoordinator({});
  Peer hostile("hostile");
  for (int i = 0; i < 100; ++i) {
    const auto context = hostile.NewContext();
    context->AddMetadata("more", std::string(100'000, 'x'));
    v1::HandOverBansResponse response;
    EXPECT_FALSE(
        hostile.stub().HandOverBans(context.get(), {}, &response).ok());
  }
  ExpectHonestBan(kAttacker);
  EXPECT_LT(PeakBytes(), 128 << 20);
}

// Calls that are opened on many connections, and say nothing. A server gets
// four of a kind, whether it says anything or not; others get theirs.
TEST_F(HostileAgentTest, SilentCallsAreFew) {
  constexpr int kCalls = 50;
  StartCoordinator({});
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts(kCalls);
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCalls; ++i) {
    auto peer = std::make_unique<Peer>("hostile");
    contexts[i] = peer->NewContext();
    threads.emplace_back([&, i, peer = std::move(peer)] {
      const auto silent = peer->stub().Watch(contexts[i].get());
      const grpc::StatusCode code = silent->Finish().error_code();
      if (code == grpc::RESOURCE_EXHAUSTED) ++refused;
    });
  }
  EXPECT_TRUE(Eventually([&] { return refused == kCalls - 4; }));
  EXPECT_FALSE(Peer("hostile").Watches());
  EXPECT_TRUE(Peer("hostile").Report({Numbered(1)}).ok()) << "another kind";
  EXPECT_TRUE(Peer("other").Watches());
  ExpectHonestBan(kAttacker);
  for (const auto& context : contexts) context->TryCancel();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, kCalls - 4);
  EXPECT_TRUE(Eventually([] { return Peer("hostile").Watches(); }));
}

// The beginning of a ReportFailures call in HTTP/2, with a message that is
// announced and never comes.
std::string HalfAMessage() {
  const auto frame = [](char type, char flags, char stream,
                        const std::string& payload) {
    return std::string({'\0', static_cast<char>(payload.size() >> 8),
                        static_cast<char>(payload.size()), type, flags, '\0',
                        '\0', '\0', stream}) +
           payload;
  };
  std::string headers;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{
           {":method", "POST"},
           {":scheme", "http"},
           {":path", "/mxban.v1.AgentService/ReportFailures"},
           {":authority", "coordinator"},
           {"te", "trailers"},
           {"content-type", "application/grpc"},
           {"mxban-server-name", "hostile"}}) {
    headers += std::string(1, '\0') + static_cast<char>(name.size()) + name +
               static_cast<char>(value.size()) + value;
  }
  const std::string message =
      std::string({'\0', '\0', '\x10', '\0', '\0'}) + std::string(1'000, 'x');
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") +
         frame(1, 4, 1, headers) + frame(0, 0, 1, message);
}

// More connections than there is room for, which say nothing, or half of
// something. Who was connected does not feel it; the silent ones are closed
// after ten seconds, and then others find room again. A coordinator that has
// few descriptors survives that as well.
TEST_F(HostileAgentTest, SilentConnectionsEnd) {
  StartCoordinator({"--max_connections=10000"}, /*descriptors=*/300);
  ExpectHonestBan(kAttacker);
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (int i = 0; i < 20; ++i) {
    connections.push_back(std::make_unique<RawConnection>(7460));
    connections.back()->Send(HalfAMessage());
  }
  for (int i = 0; i < 400; ++i) {
    connections.push_back(std::make_unique<RawConnection>(7460));
  }
  ExpectHonestBan(kAttacker + 1);
  EXPECT_TRUE(Eventually([] { return Peer("newcomer").Watches(); }));
  EXPECT_THAT(Output(), HasSubstr("too many connections"));
  EXPECT_LT(Output().size(), 20'000);
  EXPECT_LT(PeakBytes(), 128 << 20);
}

// A hijacked server reports the fleet's own relays, and what all the world
// needs. What the jails ignore is never banned, whatever is said of it; for the
// rest it has its quota.
TEST_F(HostileAgentTest, LiesBanNobodyWhoIsIgnored) {
  StartCoordinator({"--agent_quota=10"});
  Peer hostile("hostile");
  std::vector<std::string> lies;
  for (int i = 0; i < 3; ++i) {
    for (const char* source :
         {"192.0.2.11", "192.0.2.12", "8.8.8.8", "192.0.2.0/24", "8.8.8.0/24",
          "127.0.0.1", "203.0.113.30"}) {
      lies.push_back(source);
    }
  }
  EXPECT_TRUE(hostile.Report(lies).ok());
  EXPECT_TRUE(AwaitBan("203.0.113.30"));
  EXPECT_EQ(Bans(), std::vector<std::string>{"203.0.113.30"});

  const absl::Time begin = absl::Now();
  grpc::Status status;
  for (uint32_t i = 0; status.ok(); ++i) {
    status = hostile.Report(std::vector<std::string>(3, Numbered(i)));
  }
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  EXPECT_LE(Bans().size(), 1 + (600 + 10 * seconds) / 3);
  EXPECT_THAT(Bans(), Not(Contains("8.8.8.8")));
  ExpectHonestBan(kAttacker);
}

}  // namespace
}  // namespace mxban
