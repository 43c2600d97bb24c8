#include "agent/firewall/firewall_server.h"

#include <poll.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_wire.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");

// Speaks with a server that runs, byte by byte.
class FirewallServerTest : public testing::Test {
 protected:
  FirewallServerTest() {
    FirewallChannelPair pair = *OpenFirewallChannel();
    client_ = std::move(pair.client);
    thread_ = std::thread([this, channel = std::move(pair.server)]() mutable {
      status_ = FirewallServer(firewall_, std::move(channel)).Serve();
    });
  }

  ~FirewallServerTest() override {
    if (thread_.joinable()) (void)End();
  }

  bool Send(absl::string_view message) {
    MessageSender sender(client_.requests.get());
    return sender.Send(message) && sender.Flush();
  }

  FirewallAnswer Ask(const FirewallRequest& request) {
    EXPECT_TRUE(WriteFirewallRequest(
        request, [this](absl::string_view message) { return Send(message); }));
    FirewallAnswerReader reader;
    std::optional<FirewallAnswer> answer;
    while (!answer.has_value()) {
      answer = *reader.Take(*receiver_.Receive(client_.requests.get()));
    }
    return *std::move(answer);
  }

  // What the server ends with once we are gone, or it has had enough.
  absl::Status End() {
    { const FirewallChannel gone = std::move(client_); }
    return Join();
  }

  absl::Status Join() {
    thread_.join();
    return status_;
  }

  bool HearsRing(int milliseconds) {
    pollfd watched = {client_.news.get(), POLLIN, 0};
    char ring;
    return poll(&watched, 1, milliseconds) == 1 &&
           read(client_.news.get(), &ring, 1) == 1;
  }

  FakeFirewall firewall_;
  FirewallChannel client_;
  MessageReceiver receiver_;
  absl::Status status_ = absl::UnknownError("still serves");
  std::thread thread_;
};

FirewallRequest SomeApply() {
  return {.changes = {.jails = {{.name = "smtp", .ports = {{25, 25}}}},
                      .imposed = {{"smtp", kAttacker, kNoon}}},
          .now = kNoon - absl::Hours(1)};
}

TEST_F(FirewallServerTest, DoesWhatItIsAskedAndTellsTheName) {
  FirewallAnswer answer = Ask(SomeApply());
  EXPECT_EQ(answer.status, absl::OkStatus());
  EXPECT_EQ(answer.backend, "fake");
  const FirewallRequest inspect = {.kind = FirewallRequest::Kind::kInspect,
                                   .depth = InspectDepth::kRulesAndBans,
                                   .now = kNoon - absl::Hours(1)};
  answer = Ask(inspect);
  ASSERT_TRUE(answer.state.contains("smtp"));
  EXPECT_EQ(answer.state.at("smtp").bans.at(kAttacker), kNoon);
  EXPECT_EQ(Ask({.kind = FirewallRequest::Kind::kRemove}).status,
            absl::OkStatus());
  EXPECT_TRUE(Ask(inspect).state.empty());
}

TEST_F(FirewallServerTest, GoesOnAfterTheFirewallHasFailed) {
  firewall_.FailOnce(absl::UnavailableError("lock held"));
  EXPECT_EQ(Ask(SomeApply()).status, absl::UnavailableError("lock held"));
  EXPECT_EQ(Ask(SomeApply()).status, absl::OkStatus());
}

TEST_F(FirewallServerTest, RingsWhenSomebodyChangedWhatIsOurs) {
  EXPECT_EQ(Ask(SomeApply()).status, absl::OkStatus());
  EXPECT_FALSE(HearsRing(0)) << "our own changes are no news";
  firewall_.TellNews();
  EXPECT_TRUE(HearsRing(10'000));
}

TEST_F(FirewallServerTest, EndsWellWhenTheOtherHalfIsGone) {
  EXPECT_EQ(End(), absl::OkStatus());
}

TEST_F(FirewallServerTest, EndsWellInTheMiddleOfARequest) {
  ASSERT_TRUE(Send(absl::string_view("\x05\x01\0a", 4)));
  EXPECT_EQ(End(), absl::OkStatus());
  EXPECT_EQ(firewall_.apply_calls(), 0);
}

TEST_F(FirewallServerTest, ServesNobodyWhoDoesNotKeepToTheForm) {
  ASSERT_TRUE(Send("rubbish"));
  EXPECT_TRUE(absl::IsInvalidArgument(Join()));
}

TEST_F(FirewallServerTest, ServesNobodyWhoseMessagesAreTooLong) {
  ASSERT_TRUE(Send(std::string(kMaxFirewallMessage + 1, '\x06')));
  EXPECT_TRUE(absl::IsInvalidArgument(Join()));
  EXPECT_EQ(firewall_.apply_calls(), 0);
}

}  // namespace
}  // namespace mxban
