// Both ends of the channel: the client, a server, and the firewall behind it.

#include "agent/firewall/firewall_client.h"

#include <unistd.h>

#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_server.h"
#include "agent/firewall/firewall_wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const IpNetwork kOther = IpNetwork::ParseOrDie("2001:db8:bad::/64");

const FirewallChanges kSomeJail = {
    .jails = {{.name = "smtp", .ports = {{25, 25}}, .allowed = {kOther}}}};

class FirewallClientTest : public testing::Test {
 protected:
  FirewallClientTest() : pair_(*OpenFirewallChannel()) {
    client_.emplace(std::move(pair_.client.requests));
  }

  ~FirewallClientTest() override {
    client_.reset();  // Which ends the server.
    if (thread_.joinable()) thread_.join();
  }

  void Serve() {
    thread_ = std::thread([this] {
      FirewallServer server(firewall_, std::move(pair_.server));
      EXPECT_EQ(server.Serve(), absl::OkStatus());
    });
  }

  void EndServer() { const FirewallChannel gone = std::move(pair_.server); }

  FakeFirewall firewall_;
  FirewallChannelPair pair_;
  std::optional<FirewallClient> client_;
  std::thread thread_;
};

TEST_F(FirewallClientTest, ChangesArriveAndWhatStandsComesBack) {
  Serve();
  EXPECT_EQ(client_->Apply(kSomeJail, kNoon), absl::OkStatus());
  EXPECT_EQ(
      client_->Apply({.imposed = {{"smtp", kAttacker},
                                  {"smtp", kOther, kNoon + absl::Hours(1)}}},
                     kNoon),
      absl::OkStatus());
  const FirewallState state =
      *client_->Inspect(InspectDepth::kRulesAndBans, kNoon);
  ASSERT_THAT(state, UnorderedElementsAre(Key("smtp")));
  EXPECT_EQ(state.at("smtp").rules, kSomeJail.jails[0]);
  EXPECT_TRUE(state.at("smtp").intact);
  EXPECT_EQ(state.at("smtp").ban_count, 2);
  EXPECT_THAT(state.at("smtp").bans,
              UnorderedElementsAre(Pair(kAttacker, absl::InfiniteFuture()),
                                   Pair(kOther, kNoon + absl::Hours(1))));
  EXPECT_THAT(client_->Inspect(InspectDepth::kRules, kNoon)->at("smtp").bans,
              IsEmpty());
  EXPECT_EQ(client_->Remove(), absl::OkStatus());
  EXPECT_THAT(*client_->Inspect(InspectDepth::kRules, kNoon), IsEmpty());
}

TEST_F(FirewallClientTest, ManyBansArriveWhole) {
  Serve();
  FirewallChanges changes = kSomeJail;
  for (uint32_t i = 0; i < 20'000; ++i) {
    const uint8_t bytes[] = {10, 0, static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i)};
    changes.imposed.push_back({"smtp", IpNetwork::FromBytes(bytes, 32)});
  }
  EXPECT_EQ(client_->Apply(changes, kNoon), absl::OkStatus());
  EXPECT_EQ(client_->Inspect(InspectDepth::kRulesAndBans, kNoon)
                ->at("smtp")
                .bans.size(),
            20'000);
}

TEST_F(FirewallClientTest, ErrorsKeepTheirCodeAndMessage) {
  Serve();
  for (const absl::Status& error :
       {absl::UnavailableError("lock held"), absl::NotFoundError("no jail x"),
        absl::ResourceExhaustedError("set full"),
        absl::FailedPreconditionError(""), absl::InternalError("a\nb")}) {
    firewall_.FailOnce(absl::Status(error.code(), error.message()));
    EXPECT_EQ(client_->Apply(kSomeJail, kNoon), error);
  }
  EXPECT_EQ(client_->Apply(kSomeJail, kNoon), absl::OkStatus());
}

TEST_F(FirewallClientTest, TheNameIsLearnedFromTheFirstAnswer) {
  Serve();
  EXPECT_EQ(client_->name(), "");
  firewall_.FailOnce(absl::InternalError("why"));
  EXPECT_FALSE(client_->Apply(kSomeJail, kNoon).ok());
  EXPECT_EQ(client_->name(), "fake");
}

TEST_F(FirewallClientTest, WithoutTheEnforcingHalfNothingIsEnforced) {
  EndServer();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::IsInternal(client_->Apply(kSomeJail, kNoon)));
    EXPECT_TRUE(absl::IsInternal(
        client_->Inspect(InspectDepth::kRules, kNoon).status()));
    EXPECT_TRUE(absl::IsInternal(client_->Remove()));
  }
}

TEST_F(FirewallClientTest, AHalfThatDiesBeforeItAnswersHasNotEnforced) {
  thread_ = std::thread([this] {
    EXPECT_TRUE(MessageReceiver().Receive(pair_.server.requests.get()).ok());
    EndServer();
  });
  EXPECT_TRUE(absl::IsInternal(client_->Remove()));
}

TEST_F(FirewallClientTest, AnAnswerOutOfFormIsAnError) {
  MessageSender sender(pair_.server.requests.get());
  ASSERT_TRUE(sender.Send("rubbish") && sender.Flush());
  EXPECT_TRUE(absl::IsInternal(client_->Remove()));
}

// What came after it would be taken for the answer to the next request.
TEST_F(FirewallClientTest, AfterAnAnswerOutOfFormNoneIsBelieved) {
  MessageSender sender(pair_.server.requests.get());
  ASSERT_TRUE(sender.Send("rubbish") && sender.Flush());
  ASSERT_TRUE(WriteFirewallAnswer({}, [&](absl::string_view message) {
    return sender.Send(message) && sender.Flush();
  }));
  EXPECT_FALSE(client_->Remove().ok());
  EXPECT_FALSE(client_->Apply(kSomeJail, kNoon).ok());
}

TEST_F(FirewallClientTest, OneAnswerIsEnough) {
  MessageSender sender(pair_.server.requests.get());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(WriteFirewallAnswer(
        {}, [&](absl::string_view message) { return sender.Send(message); }));
  }
  ASSERT_TRUE(sender.Flush());
  EXPECT_FALSE(client_->Remove().ok());
}

class FirewallNewsTest : public testing::Test {
 protected:
  void Ring() {
    const char ring = 0;
    ASSERT_EQ(write(pair_.server.news.get(), &ring, sizeof(ring)), 1);
  }

  FirewallChannelPair pair_ = *OpenFirewallChannel();
  absl::Notification changed_;
  absl::Notification lost_;
};

TEST_F(FirewallNewsTest, ARingIsHeard) {
  const FirewallNews news(std::move(pair_.client.news),
                          {.on_changed = [this] { changed_.Notify(); },
                           .on_lost = [] { ADD_FAILURE(); }});
  Ring();
  EXPECT_TRUE(changed_.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_FALSE(news.is_lost());
}

TEST_F(FirewallNewsTest, TheEndIsHeardAfterTheLastRing) {
  Ring();
  Ring();
  { const Descriptor gone = std::move(pair_.server.news); }
  const FirewallNews news(std::move(pair_.client.news),
                          {.on_changed = [this] { changed_.Notify(); },
                           .on_lost = [this] { lost_.Notify(); }});
  EXPECT_TRUE(lost_.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_TRUE(changed_.HasBeenNotified()) << "once for both";
  EXPECT_TRUE(news.is_lost());
}

TEST_F(FirewallNewsTest, ItEndsWhoeverLives) {
  const FirewallNews news(
      std::move(pair_.client.news),
      {.on_changed = [] { ADD_FAILURE(); }, .on_lost = [] { ADD_FAILURE(); }});
}

TEST_F(FirewallNewsTest, ServerAndNewsAreOneBell) {
  FakeFirewall firewall;
  std::thread thread([&] {
    FirewallServer server(firewall, std::move(pair_.server));
    EXPECT_EQ(server.Serve(), absl::OkStatus());
  });
  const FirewallNews news(std::move(pair_.client.news),
                          {.on_changed = [this] { changed_.Notify(); },
                           .on_lost = [this] { lost_.Notify(); }});
  firewall.TellNews();
  EXPECT_TRUE(changed_.WaitForNotificationWithTimeout(absl::Seconds(10)));
  { const Descriptor gone = std::move(pair_.client.requests); }
  EXPECT_TRUE(lost_.WaitForNotificationWithTimeout(absl::Seconds(10)));
  thread.join();
}

}  // namespace
}  // namespace mxban
