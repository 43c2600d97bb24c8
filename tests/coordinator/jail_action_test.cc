#include "coordinator/jail_action.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ErrorOf(const std::string& actions) {
  const auto reading = ReadActions(actions, "jail", "");
  return reading.ok() ? "" : std::string(reading.status().message());
}

Rejection RejectionOf(const std::string& options) {
  const auto reading =
      ReadActions("iptables-multiport[port=25" + options + "]", "jail", "");
  EXPECT_TRUE(reading.ok()) << reading.status();
  return reading->enforcement.rejection;
}

TEST(JailActionTest, TheHowTosActionClosesItsPorts) {
  const auto reading = ReadActions(
      "iptables-multiport[name=sendmail-auth, port=\"submission,465,smtp\", "
      "protocol=tcp]",
      "sendmail", "smtp,ssmtp");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement.name, "sendmail-auth");
  EXPECT_THAT(
      reading->enforcement.ports,
      ElementsAre(PortRange{587, 587}, PortRange{465, 465}, PortRange{25, 25}));
  EXPECT_EQ(reading->enforcement.rejection, Rejection::kTcpReset);
  EXPECT_THAT(reading->notes, IsEmpty());
}

TEST(JailActionTest, NameAndPortsDefaultToTheJails) {
  const auto reading = ReadActions("nftables-multiport", "jail", "25");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement.name, "jail");
  EXPECT_THAT(reading->enforcement.ports, ElementsAre(PortRange{25, 25}));
  EXPECT_THAT(reading->notes, ElementsAre(HasSubstr("names no port")));
  EXPECT_THAT(ErrorOf("iptables-multiport"), HasSubstr("names no port"));
}

TEST(JailActionTest, TheBlockTypeDecidesHowPacketsAreTurnedAway) {
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

TEST(JailActionTest, ReportsAreLeftOutAloud) {
  const auto reading = ReadActions(
      "iptables-ipset-proto4[port=25]\n sendmail-whois[dest=\"a@b.c\"]", "jail",
      "");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_THAT(reading->notes,
              ElementsAre(HasSubstr("sendmail-whois is left out")));
}

struct Refusal {
  const char* actions;
  const char* message;
};

class JailActionRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(JailActionRefusalTest, SaysWhat) {
  EXPECT_THAT(ErrorOf(GetParam().actions), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, JailActionRefusalTest,
    testing::Values(
        Refusal{"", "no action closes any port"},
        Refusal{"mail", "no action closes any port"},
        Refusal{"iptables-allports", "iptables-allports: is not supported"},
        Refusal{"ufw[port=25]", "ufw: is not supported"},
        Refusal{"iptables-multiport[port=25] nftables-multiport[port=26]",
                "a jail can close ports only once"},
        Refusal{"iptables-multiport[port=25, protocol=udp]",
                "protocol = 'udp' is not supported yet"},
        Refusal{"iptables-multiport[port=25, chain=FORWARD]",
                "chain = 'FORWARD' is not supported yet"},
        Refusal{"iptables[port=25, type=allports]", "type = 'allports'"},
        Refusal{"iptables-multiport[port=25, blocktype=ACCEPT]",
                "blocktype = 'ACCEPT' is not supported yet"},
        Refusal{"iptables-multiport[port=25, blocktype?family=inet6=DROP]",
                "must be the same for IPv4 and IPv6"},
        Refusal{"iptables-multiport[prot=25]", "unknown option 'prot'"},
        Refusal{"iptables-multiport[port=smpt]", "'smpt' is no port"},
        Refusal{"iptables-multiport[port=25, name='a b']", "cannot name"},
        Refusal{"iptables-multiport[port=25", "expected"}));

}  // namespace
}  // namespace mxban
