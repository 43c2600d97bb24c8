#include "coordinator/firewall_action.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::StatusOr<FirewallReading> Read(const std::string& action,
                                     const std::string& jail_port = "",
                                     const std::string& action_dir = "") {
  return ReadFirewallAction(
      *ParseOptionItem(action),
      {.jail_name = "jail", .jail_port = jail_port, .action_dir = action_dir});
}

Rejection RejectionOf(const std::string& options) {
  const auto reading = Read("iptables-multiport[port=25" + options + "]");
  EXPECT_TRUE(reading.ok()) << reading.status();
  return reading->enforcement->rejection;
}

TEST(FirewallActionTest, EveryStockActionHasAKind) {
  EXPECT_EQ(KindOfAction("iptables-multiport"), ActionKind::kPorts);
  EXPECT_EQ(KindOfAction("nftables-allports"), ActionKind::kAllPorts);
  EXPECT_EQ(KindOfAction("ufw"), ActionKind::kAllPorts);
  EXPECT_EQ(KindOfAction("sendmail-whois-lines"), ActionKind::kReport);
  EXPECT_EQ(KindOfAction("cloudflare"), ActionKind::kElsewhere);
  EXPECT_EQ(KindOfAction("iptables-xt_recent-echo"), ActionKind::kUnknown);
}

TEST(FirewallActionTest, NameAndPortsDefaultToTheJails) {
  const auto reading = Read("nftables-multiport", "25");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement->name, "jail");
  EXPECT_THAT(reading->enforcement->ports, ElementsAre(PortRange{25, 25}));
  EXPECT_THAT(reading->notes, ElementsAre(HasSubstr("names no port")));
}

TEST(FirewallActionTest, AllPortsTakeTwoSlots) {
  for (const char* action :
       {"iptables-allports[port=\"25\"]", "nftables-allports",
        "iptables[type=allports]", "pf[actiontype=<allports>]", "ufw"}) {
    const auto reading = Read(action);
    ASSERT_TRUE(reading.ok()) << reading.status();
    EXPECT_THAT(reading->enforcement->ports, ElementsAre(kAllPorts)) << action;
  }
}

TEST(FirewallActionTest, OtherFirewallsAreMappedWithANote) {
  EXPECT_THAT(Read("iptables-allports")->notes, IsEmpty());
  EXPECT_THAT(Read("firewallcmd-ipset[port=25]")->notes,
              ElementsAre("action firewallcmd-ipset: its ports are closed in "
                          "mxban's own chain"));
}

TEST(FirewallActionTest, TheBlockTypeDecidesHowPacketsAreTurnedAway) {
  EXPECT_EQ(RejectionOf(""), Rejection::kTcpReset);
  EXPECT_EQ(RejectionOf(", blocktype=DROP"), Rejection::kDrop);
  EXPECT_EQ(RejectionOf(", blocktype=REJECT"), Rejection::kTcpReset);
  EXPECT_EQ(RejectionOf(", blocktype=\"REJECT --reject-with  tcp-reset\""),
            Rejection::kTcpReset);
  EXPECT_EQ(
      RejectionOf(", blocktype='REJECT --reject-with icmp-port-unreachable'"),
      Rejection::kIcmpPortUnreachable);
  EXPECT_EQ(RejectionOf(", blocktype=DROP, blocktype?family=inet6=DROP"),
            Rejection::kDrop);
}

TEST(FirewallActionTest, OnlyTcpIsClosed) {
  EXPECT_THAT(Read("iptables[port=25, protocol=\"tcp,udp\"]")->notes,
              ElementsAre(HasSubstr("protocol = tcp,udp: only TCP is closed")));
  EXPECT_THAT(Read("iptables[port=25, protocol=all]")->notes,
              ElementsAre(HasSubstr("only TCP is closed")));
  const auto udp = Read("iptables[port=\"x\", protocol=udp]");
  ASSERT_TRUE(udp.ok()) << udp.status();
  EXPECT_FALSE(udp->enforcement.has_value());
}

TEST(FirewallActionTest, WhatCannotMatterIsANote) {
  const auto reading = Read(
      "iptables-multiport[port=25, lockingopt=\"-w 5\", returntype=RETURN, "
      "chain=\"<known/chain>\", kind=x]");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_THAT(reading->notes,
              ElementsAre(HasSubstr("kind is not known; ignored"),
                          HasSubstr("lockingopt is not honoured")));
  EXPECT_THAT(Read("nftables-multiport[port=25, chain=mine]")->notes, IsEmpty())
      << "what its own chain is called";
}

TEST(FirewallActionTest, TheOperatorsOwnDefaultsHold) {
  ConfigDirectory directory;
  directory
      .Write("iptables-multiport.conf", "[INCLUDES]\nbefore = iptables.conf\n")
      .Write("iptables.conf",
             "[Init]\nblocktype = REJECT --reject-with "
             "icmp-port-unreachable\n")
      .Write("iptables.local", "[Init]\nblocktype = DROP\n");
  const auto read = [&](const char* action) {
    return Read(action, "", directory.path())->enforcement->rejection;
  };
  EXPECT_EQ(read("iptables-multiport[port=25]"), Rejection::kDrop);
  EXPECT_EQ(read("iptables-multiport[port=25, blocktype=REJECT]"),
            Rejection::kTcpReset);
}

TEST(FirewallActionTest, WhatIsKnownIsTheActionsOwn) {
  ConfigDirectory directory;
  directory
      .Write("iptables.conf",
             "[Init]\nchain = INPUT\nblocktype = REJECT\nreturntype = RETURN\n")
      .Write("iptables.local", "[Init]\nblocktype = DROP\n");
  const std::string action =
      "iptables[port=25, blocktype=\"<known/blocktype>\", "
      "chain=\"<known/chain>\"]";
  const auto dropping = Read(action, "", directory.path());
  ASSERT_TRUE(dropping.ok()) << dropping.status();
  EXPECT_EQ(dropping->enforcement->rejection, Rejection::kDrop);
  directory.Write("iptables.local", "[Init]\nchain = DOCKER-USER\n");
  EXPECT_THAT(
      std::string(Read(action, "", directory.path()).status().message()),
      HasSubstr(
          "chain = 'DOCKER-USER': mxban closes ports of the host itself"));
  EXPECT_THAT(Read(action)->notes, IsEmpty()) << "nor does it matter without";
}

struct Refusal {
  const char* action;
  const char* message;
};

class FirewallActionRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(FirewallActionRefusalTest, SaysWhat) {
  const auto reading = Read(GetParam().action);
  ASSERT_FALSE(reading.ok());
  EXPECT_THAT(std::string(reading.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, FirewallActionRefusalTest,
    testing::Values(
        Refusal{"iptables-multiport", "names no port"},
        Refusal{"iptables-multiport[port=25, chain=FORWARD]",
                "chain = 'FORWARD': mxban closes ports of the host itself"},
        Refusal{"iptables-multiport[port=25, chain=\"INPUT,DOCKER-USER\"]",
                "chain = 'INPUT,DOCKER-USER'"},
        Refusal{"iptables[port=25, type=custom]", "type = 'custom'"},
        Refusal{"iptables[port=25, returntype=DROP]", "returntype = 'DROP'"},
        Refusal{"iptables-multiport[port=25, blocktype=ACCEPT]",
                "blocktype = 'ACCEPT': mxban turns away by"},
        Refusal{"iptables-multiport[port=25, blocktype?family=inet6=DROP]",
                "must be the same for IPv4 and IPv6"},
        Refusal{"iptables-multiport[prot=25]",
                "unknown option 'prot'; did you mean port?"},
        Refusal{"ufw[application=Postfix]", "closes ports to all traffic"},
        Refusal{"nftables[port=25, chain_hook=forward]", "chain_hook"},
        Refusal{"iptables-multiport[port=smpt]", "'smpt' is no port"},
        Refusal{"iptables-multiport[port=25, name='a b']", "cannot name"}));

}  // namespace
}  // namespace mxban
