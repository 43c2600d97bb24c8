// Bans as a client feels them, and the rules as an operator sees them.

#include "agent/firewall/firewall.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = NetworkLab::Outcome;
using Lab = FirewallLab;

class FirewallTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok()); }

  std::vector<std::string> Lines(const std::string& command) {
    return absl::StrSplit(lab_.OnRelay(command), '\n', absl::SkipEmpty());
  }

  FirewallLab lab_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Backends, FirewallTest,
                         testing::Values("ipset", "iptables", "nftables"),
                         [](const auto& test) { return test.param; });

TEST_P(FirewallTest, ABannedAddressIsRefusedOnTheMailPortsAlone) {
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());
  for (const uint16_t port : {25, 465, 587}) {
    EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, port), Outcome::kRefused);
    EXPECT_EQ(lab_.TryConnect(Lab::kNeighbour, port), Outcome::kConnected);
  }
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, 2525), Outcome::kConnected);
}

TEST_P(FirewallTest, ABannedIpv6NetworkIsRefusedAsAWhole) {
  ASSERT_TRUE(lab_.Apply(Imposing({"2001:db8:7::/64"})).ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kNeighbour6), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kStranger6), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6, 2525), Outcome::kConnected);
}

TEST_P(FirewallTest, AnUnbannedSourceIsServedAgain) {
  ASSERT_TRUE(
      lab_.Apply(Imposing({Lab::kSpammer, "203.0.113.0/24", Lab::kSpammer6}))
          .ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kStranger), Outcome::kRefused);
  ASSERT_TRUE(
      lab_.Apply(Lifting({Lab::kSpammer, "203.0.113.0/24", Lab::kSpammer6}))
          .ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kStranger), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kConnected);
}

TEST_P(FirewallTest, ARunningSessionOfABannedSourceIsCut) {
  Outcome outcome;
  const int session = lab_.network().Connect(
      Lab::kClient, Lab::kSpammer, "192.0.2.1", 25, absl::Seconds(2), outcome);
  ASSERT_EQ(outcome, Outcome::kConnected);
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());

  ASSERT_EQ(send(session, "EHLO\r\n", 6, MSG_NOSIGNAL), 6);
  pollfd watched = {session, POLLIN, 0};
  ASSERT_EQ(poll(&watched, 1, 1000), 1) << "no reset within a second";
  EXPECT_NE(watched.revents & POLLERR, 0) << "an answer instead of a reset";
  close(session);
}

TEST_P(FirewallTest, AnAllowedSourceIsServedThoughBanned) {
  JailRules rules = MailRules("smtp");
  rules.allowed = {IpNetwork::ParseOrDie("2001:db8:7::/64"),
                   IpNetwork::ParseOrDie(Lab::kSpammer)};
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  ASSERT_TRUE(lab_.Apply(Imposing({"198.51.100.0/24", Lab::kSpammer6})).ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kNeighbour), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kConnected);
  EXPECT_EQ(lab_.Inspect()["smtp"].rules, rules);

  rules.allowed = {IpNetwork::ParseOrDie(Lab::kNeighbour)};
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kNeighbour), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kRefused);
}

TEST_P(FirewallTest, AllowingEverybodyIsPossible) {
  JailRules rules = MailRules("smtp");
  rules.allowed = {IpNetwork::ParseOrDie("::/0"),
                   IpNetwork::ParseOrDie("0.0.0.0/0")};
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer, Lab::kSpammer6})).ok());
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kConnected);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kConnected);
  const JailState state = lab_.Inspect()["smtp"];
  EXPECT_EQ(state.rules, rules);
  EXPECT_TRUE(state.intact);
}

TEST_P(FirewallTest, EveryRejectionIsFeltAndRecognised) {
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer, Lab::kSpammer6})).ok());
  for (const auto& [rejection, outcome] :
       {std::pair(Rejection::kDrop, Outcome::kTimedOut),
        std::pair(Rejection::kIcmpPortUnreachable, Outcome::kRefused),
        std::pair(Rejection::kTcpReset, Outcome::kRefused)}) {
    JailRules rules = MailRules("smtp");
    rules.rejection = rejection;
    ASSERT_TRUE(lab_.SetUp(rules).ok());
    const JailState state = lab_.Inspect()["smtp"];
    EXPECT_TRUE(state.intact);
    EXPECT_EQ(state.rules, rules);
    // The kernel heeds an ICMPv6 error only at its second attempt, after 1 s.
    const absl::Duration patience = absl::Milliseconds(
        rejection == Rejection::kIcmpPortUnreachable ? 3000 : 300);
    EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, 25, patience), outcome);
    EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6, 25, patience), outcome);
  }
}

// What is so with the legacy tables alone.
class LegacyFirewallTest : public FirewallTest {};

INSTANTIATE_TEST_SUITE_P(Backends, LegacyFirewallTest,
                         testing::Values("ipset", "iptables"),
                         [](const auto& test) { return test.param; });

TEST_P(LegacyFirewallTest, TheTablesHoldExactlyTheDocumentedRules) {
  JailRules rules = MailRules("smtp");
  rules.allowed = {IpNetwork::ParseOrDie("2001:db8:9::/64"),
                   IpNetwork::ParseOrDie("203.0.113.9")};
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer, "2001:db8:7::/64"})).ok());
  const bool with_sets = GetParam() == "ipset";
  const auto expect = [&](const std::string& program, const std::string& digit,
                          const std::string& allowed,
                          const std::string& banned) {
    const std::string set = absl::StrCat("-m set --match-set mxban-smtp-");
    EXPECT_THAT(
        Lines(program + " -S"),
        ElementsAre("-P INPUT ACCEPT", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT",
                    "-N mxban-smtp",
                    "-A INPUT -p tcp -m multiport --dports 25,465,587 "
                    "-j mxban-smtp",
                    absl::StrCat("-A mxban-smtp ",
                                 with_sets ? set + "a" + digit + " src"
                                           : "-s " + allowed,
                                 " -j RETURN"),
                    absl::StrCat("-A mxban-smtp ",
                                 with_sets ? "-p tcp " + set + digit + " src"
                                           : "-s " + banned + " -p tcp",
                                 " -j REJECT --reject-with tcp-reset"),
                    "-A mxban-smtp -j RETURN"));
  };
  expect("iptables-legacy", "4", "203.0.113.9/32", "198.51.100.7/32");
  expect("ip6tables-legacy", "6", "2001:db8:9::/64", "2001:db8:7::/64");
}

TEST(NftablesFirewallTest, TheTableHoldsExactlyTheDocumentedRules) {
  FirewallLab lab("nftables");
  JailRules rules = MailRules("smtp");
  rules.ports.push_back({1000, 1999});
  rules.allowed = {IpNetwork::ParseOrDie("2001:db8:9::/64"),
                   IpNetwork::ParseOrDie("203.0.113.9")};
  ASSERT_TRUE(lab.SetUp(rules).ok());
  ASSERT_TRUE(lab.Apply(Imposing({"198.51.100.0/24", Lab::kSpammer})).ok());
  EXPECT_EQ(lab.OnRelay("nft list chain inet mxban input; "
                        "nft list chain inet mxban mxban-smtp; "
                        "nft list set inet mxban mxban-smtp-4-24"),
            R"(table inet mxban {
	chain input {
		type filter hook input priority filter - 10; policy accept;
		tcp dport 25 jump mxban-smtp
		tcp dport 465 jump mxban-smtp
		tcp dport 587 jump mxban-smtp
		tcp dport 1000-1999 jump mxban-smtp
	}
}
table inet mxban {
	chain mxban-smtp {
		ip saddr @mxban-smtp-a4-32 return
		ip6 saddr & ffff:ffff:ffff:ffff:: == @mxban-smtp-a6-64 return
		ip saddr @mxban-smtp-4-32 reject with tcp reset
		ip saddr & 255.255.255.0 == @mxban-smtp-4-24 reject with tcp reset
	}
}
table inet mxban {
	set mxban-smtp-4-24 {
		type ipv4_addr
		flags timeout
		elements = { 198.51.100.0 }
	}
}
)");
}

TEST_P(FirewallTest, TheIpv6RulesLeaveUdpAlone) {
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer6})).ok());
  sockaddr_in6 relay = {};
  relay.sin6_family = AF_INET6;
  relay.sin6_port = htons(25);
  int server = -1;
  lab_.network().Run(Lab::kRelay, [&] {
    server = socket(AF_INET6, SOCK_DGRAM, 0);
    ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&relay), sizeof(relay)),
              0);
  });
  lab_.network().MustShell(
      Lab::kClient, "exec bash -c 'echo hello >/dev/udp/2001:db8::1/25'");
  pollfd watched = {server, POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 1000), 1) << "the datagram did not arrive";
  close(server);
}

TEST_P(LegacyFirewallTest, FifteenPortSlotsAreOneJumpAndSixteenAreTwo) {
  JailRules rules = MailRules("smtp");
  rules.ports.clear();
  for (uint16_t port = 1000; port < 1013; ++port) {
    rules.ports.push_back({port, port});
  }
  rules.ports.push_back({2500, 2599});  // Takes two slots.
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  EXPECT_THAT(Lines("iptables-legacy -S INPUT"), testing::SizeIs(2));
  EXPECT_EQ(lab_.Inspect()["smtp"].rules, rules);

  rules.ports.push_back({25, 25});
  ASSERT_TRUE(lab_.SetUp(rules).ok());
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());
  EXPECT_THAT(Lines("iptables-legacy -S INPUT"), testing::SizeIs(3));
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, 25), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, 2525), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer, 587), Outcome::kConnected);
  const JailState state = lab_.Inspect()["smtp"];
  EXPECT_EQ(state.rules, rules);
  EXPECT_TRUE(state.intact);
}

TEST_P(FirewallTest, RulesOutOfFormAreRefusedBeforeAnythingIsDone) {
  for (const JailRules& rules :
       {JailRules{.name = "empty"},
        JailRules{.name = "bad name", .ports = {{25, 25}}},
        JailRules{.name = std::string(23, 'x'), .ports = {{25, 25}}},
        JailRules{.name = "reverse", .ports = {{26, 25}}}}) {
    FirewallChanges changes = Imposing({Lab::kSpammer});
    changes.jails.push_back(rules);
    EXPECT_TRUE(absl::IsInvalidArgument(lab_.Apply(changes)));
  }
  EXPECT_EQ(lab_.Inspect()["smtp"].ban_count, 0);
}

TEST_P(FirewallTest, LongNamesGiveDistinctChains) {
  std::vector<std::string> names;
  for (const char last : {'a', 'b'}) {
    names.push_back(FirewallName(std::string(63, 'n') + last));
    ASSERT_TRUE(lab_.SetUp(MailRules(names.back())).ok());
    FirewallChanges changes;
    changes.imposed.push_back(BanOf(Lab::kSpammer, names.back()));
    ASSERT_TRUE(lab_.Apply(changes).ok());
  }
  FirewallState state = lab_.Inspect();
  EXPECT_EQ(state.size(), 3);
  for (const std::string& name : names) {
    EXPECT_TRUE(state[name].intact) << name;
    EXPECT_EQ(state[name].ban_count, 1) << name;
  }
}

TEST_P(FirewallTest, ImposingWhatStandsAndLiftingWhatDoesNotChangeNothing) {
  ASSERT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());
  const std::string before = lab_.Everything();
  EXPECT_TRUE(lab_.Apply(Imposing({Lab::kSpammer})).ok());
  EXPECT_TRUE(lab_.Apply(Lifting({Lab::kStranger, Lab::kStranger6})).ok());
  EXPECT_EQ(lab_.Everything(), before);
}

TEST_P(FirewallTest, ABanForNoJailIsNotFoundAndTheOthersStand) {
  FirewallChanges changes = Imposing({Lab::kSpammer});
  changes.imposed.push_back(BanOf(Lab::kStranger, "absent"));
  changes.lifted.push_back(BanOf(Lab::kStranger, "absent"));
  EXPECT_TRUE(absl::IsNotFound(lab_.Apply(changes)));
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

TEST_P(FirewallTest, ARemovedJailLeavesNothingAndTheOthersStand) {
  ASSERT_TRUE(lab_.SetUp(MailRules("other")).ok());
  FirewallChanges changes = Imposing({Lab::kSpammer});
  changes.removed_jails.push_back("smtp");
  ASSERT_TRUE(lab_.Apply(changes).ok());
  EXPECT_THAT(lab_.Everything(), Not(HasSubstr("mxban-smtp")));
  EXPECT_EQ(lab_.Inspect().size(), 1);
  EXPECT_TRUE(lab_.Inspect()["other"].intact);

  ASSERT_TRUE(lab_.firewall().Remove().ok());
  EXPECT_THAT(lab_.Everything(), Not(HasSubstr("mxban")));
  EXPECT_TRUE(lab_.Inspect().empty());
}

}  // namespace
}  // namespace mxban
