// Running sessions of the banned end at once, and no others: felt by the client
// and by the server's own socket.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "agent/firewall/firewall_channel.h"
#include "agent/firewall/firewall_client.h"
#include "agent/firewall/firewall_server.h"
#include "agent/firewall/session_cutter.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using Outcome = NetworkLab::Outcome;
using Lab = FirewallLab;

constexpr absl::Duration kAtOnce = absl::Seconds(1);

// Waits for something to read, or the end.
bool IsStirred(int connection) {
  pollfd watched = {connection, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(kAtOnce / absl::Milliseconds(1))) ==
         1;
}

// Whether the server answers what is sent.
bool IsAlive(int connection) {
  char byte;
  return send(connection, "x", 1, MSG_NOSIGNAL) == 1 && IsStirred(connection) &&
         recv(connection, &byte, 1, 0) == 1;
}

// Whether it was reset without anything being sent.
bool IsReset(int connection) {
  char byte;
  return IsStirred(connection) && recv(connection, &byte, 1, 0) < 0 &&
         errno == ECONNRESET;
}

class FirewallSessionsTest : public testing::Test {
 protected:
  FirewallSessionsTest() { EXPECT_TRUE(lab_.SetUp(MailRules("smtp")).ok()); }

  ~FirewallSessionsTest() override {
    for (const int descriptor : open_) close(descriptor);
  }

  // A session that has been used.
  int Session(const std::string& source, uint16_t port = 25) {
    Outcome outcome;
    const int connection = lab_.network().Connect(
        Lab::kClient, source,
        absl::StrContains(source, ':') ? "2001:db8::1" : "192.0.2.1", port,
        absl::Seconds(2), outcome);
    EXPECT_EQ(outcome, Outcome::kConnected) << source;
    open_.push_back(connection);
    EXPECT_TRUE(IsAlive(connection));
    return connection;
  }

  // Bans first, as the order must be. Returns how many sessions were ended.
  size_t BanAndCut(std::initializer_list<absl::string_view> sources,
                   JailRules rules = MailRules("smtp")) {
    EXPECT_TRUE(lab_.Apply(Imposing(sources)).ok());
    std::vector<IpNetwork> networks;
    for (const absl::string_view source : sources) {
      networks.push_back(IpNetwork::ParseOrDie(source));
    }
    absl::StatusOr<size_t> cut = 0;
    lab_.network().Run(Lab::kRelay, [&] {
      absl::StatusOr<SessionCutter> cutter = SessionCutter::Open();
      cut = cutter.ok() ? cutter->Cut(rules, networks) : cutter.status();
    });
    EXPECT_TRUE(cut.ok()) << cut.status();
    return cut.value_or(0);
  }

  FirewallLab lab_{"ipset"};
  std::vector<int> open_;
};

// The lab's server listens on one socket for both families, as mail servers do:
// IPv4 clients are ::ffff:198.51.100.7 to the kernel.
TEST_F(FirewallSessionsTest, OfBothFamiliesEndAndOthersGoOn) {
  const int spammer = Session(Lab::kSpammer);
  const int spammer6 = Session(Lab::kSpammer6, 587);
  const int in_the_64 = Session(Lab::kNeighbour6, 465);
  const int neighbour = Session(Lab::kNeighbour);
  const int stranger6 = Session(Lab::kStranger6);
  EXPECT_EQ(BanAndCut({Lab::kSpammer, "2001:db8:7::/64"}), 3);
  EXPECT_TRUE(IsReset(spammer));
  EXPECT_TRUE(IsReset(spammer6));
  EXPECT_TRUE(IsReset(in_the_64));
  EXPECT_TRUE(IsAlive(neighbour));
  EXPECT_TRUE(IsAlive(stranger6));
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

TEST_F(FirewallSessionsTest, OfOneSourceAloneAreFoundByTheKernel) {
  const int spammer = Session(Lab::kSpammer);
  const int again = Session(Lab::kSpammer, 465);
  const int neighbour = Session(Lab::kNeighbour);
  EXPECT_EQ(BanAndCut({Lab::kSpammer}), 2);
  EXPECT_TRUE(IsReset(spammer));
  EXPECT_TRUE(IsReset(again));
  EXPECT_TRUE(IsAlive(neighbour));
}

TEST_F(FirewallSessionsTest, OfANetworkEnd) {
  const int spammer = Session(Lab::kSpammer);
  const int stranger = Session(Lab::kStranger);
  EXPECT_EQ(BanAndCut({"198.51.100.0/24"}), 1);
  EXPECT_TRUE(IsReset(spammer));
  EXPECT_TRUE(IsAlive(stranger));
}

TEST_F(FirewallSessionsTest, OnOtherPortsGoOn) {
  const int elsewhere = Session(Lab::kSpammer, 2525);
  EXPECT_EQ(BanAndCut({Lab::kSpammer}), 0);
  EXPECT_TRUE(IsAlive(elsewhere));
}

TEST_F(FirewallSessionsTest, OfTheAllowedGoOnThoughBanned) {
  JailRules rules = MailRules("smtp");
  rules.allowed = {IpNetwork::ParseOrDie(Lab::kSpammer)};
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  const int allowed = Session(Lab::kSpammer);
  const int neighbour = Session(Lab::kNeighbour);
  EXPECT_EQ(BanAndCut({"198.51.100.0/24"}, rules), 1);
  EXPECT_TRUE(IsAlive(allowed));
  EXPECT_TRUE(IsReset(neighbour));
}

TEST_F(FirewallSessionsTest, EndThoughARuleBeforeOursAcceptsThem) {
  lab_.OnRelay(
      "iptables-legacy -I INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
  const int spammer = Session(Lab::kSpammer);
  EXPECT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());
  ASSERT_TRUE(IsAlive(spammer)) << "the rule alone does not reach him";
  EXPECT_EQ(BanAndCut({Lab::kSpammer}), 1);
  EXPECT_TRUE(IsReset(spammer));
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

// A listener for IPv4 alone, whose end of the session is in our hands.
TEST_F(FirewallSessionsTest, TheServersSocketIsToldSo) {
  int listener = -1;
  lab_.network().Run(Lab::kRelay, [&] {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(26);
    ASSERT_EQ(
        bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    ASSERT_EQ(listen(listener, 1), 0);
  });
  JailRules rules = MailRules("smtp");
  rules.ports.push_back({26, 26});
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  Outcome outcome;
  const int client = lab_.network().Connect(
      Lab::kClient, Lab::kSpammer, "192.0.2.1", 26, absl::Seconds(2), outcome);
  ASSERT_EQ(outcome, Outcome::kConnected);
  const int server = accept(listener, nullptr, nullptr);
  open_ = {listener, client, server};

  EXPECT_EQ(BanAndCut({Lab::kSpammer}, rules), 1);
  char byte;
  ASSERT_TRUE(IsStirred(server));
  EXPECT_EQ(recv(server, &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNABORTED);
  EXPECT_TRUE(IsReset(client));
}

TEST_F(FirewallSessionsTest, HundredsEndInOneGo) {
  std::vector<int> sessions;
  for (int i = 0; i < 300; ++i) sessions.push_back(Session(Lab::kSpammer));
  const int neighbour = Session(Lab::kNeighbour);
  EXPECT_EQ(BanAndCut({Lab::kSpammer}), sessions.size());
  for (const int session : sessions) EXPECT_TRUE(IsReset(session));
  EXPECT_TRUE(IsAlive(neighbour));
}

// The enforcing half puts bans first, which must not save anybody's session.
TEST_F(FirewallSessionsTest, TheyEndThoughBansKeepComing) {
  const int spammer = Session(Lab::kSpammer);
  FirewallChannelPair pair = *OpenFirewallChannel();
  std::thread half([&] {
    lab_.network().Run(Lab::kRelay, [&] {
      const std::unique_ptr<Firewall> firewall = lab_.OpenHere();
      EXPECT_TRUE(
          FirewallServer(*firewall, std::move(pair.server)).Serve().ok());
    });
  });
  {
    FirewallClient client(std::move(pair.client.requests));
    // Which tells it of the rules, whose ports matter.
    EXPECT_TRUE(client.Inspect(InspectDepth::kRules, absl::Now()).ok());
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    EXPECT_TRUE(client.Apply(Imposing({Lab::kSpammer}), deadline).ok());
    pollfd watched = {spammer, POLLIN, 0};
    while (poll(&watched, 1, 1) == 0 && absl::Now() < deadline) {
      EXPECT_TRUE(client.Apply(Imposing({"203.0.113.99"}), deadline).ok());
    }
  }
  half.join();
  EXPECT_TRUE(IsReset(spammer));
}

}  // namespace
}  // namespace mxban
