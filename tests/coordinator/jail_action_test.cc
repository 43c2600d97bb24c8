#include "coordinator/jail_action.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::StatusOr<ActionReading> Read(const std::string& actions,
                                   const std::string& action_dir = "/nowhere") {
  return ReadActions(actions, {.jail_name = "jail", .action_dir = action_dir});
}

std::string ErrorOf(const std::string& actions) {
  const auto reading = Read(actions);
  return reading.ok() ? "" : std::string(reading.status().message());
}

TEST(JailActionTest, TheHowTosActionClosesItsPorts) {
  const auto reading = Read(
      "iptables-multiport[name=sendmail-auth, "
      "port=\"submission,465,smtp\", protocol=tcp]");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement.name, "sendmail-auth");
  EXPECT_THAT(
      reading->enforcement.ports,
      ElementsAre(PortRange{587, 587}, PortRange{465, 465}, PortRange{25, 25}));
  EXPECT_EQ(reading->enforcement.rejection, Rejection::kTcpReset);
  EXPECT_THAT(reading->notes, IsEmpty());
}

TEST(JailActionTest, ReportsAreLeftOutAloud) {
  const auto reading = Read(
      "iptables-ipset-proto4[port=25]\n sendmail-whois[dest=\"a@b.c\"] "
      "cloudflare smtp.py[host=x]");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_THAT(reading->left_out,
              ElementsAre(HasSubstr("sendmail-whois is left out: mxban sends"),
                          HasSubstr("cloudflare is left out: mxban closes"),
                          HasSubstr("smtp.py is left out")));
}

TEST(JailActionTest, AnOperatorsOwnActionIsLeftOutAloud) {
  ConfigDirectory directory;
  directory.Write("telegram.conf", "[Definition]\nactionban = tell <ip>\n");
  const auto reading = Read("telegram iptables[port=25]", directory.path());
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_THAT(reading->left_out,
              ElementsAre("action telegram is left out: mxban runs no "
                          "commands"));
  EXPECT_THAT(
      std::string(Read("telegram", directory.path()).status().message()),
      HasSubstr("no action closes any TCP port; action telegram is"));
}

TEST(JailActionTest, PortsOfSeveralActionsAreTakenTogether) {
  const auto reading = Read(
      "iptables-multiport[name=a, port=\"25,465\"] "
      "iptables-multiport[name=b, port=\"465,80\"]");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement.name, "a");
  EXPECT_THAT(
      reading->enforcement.ports,
      ElementsAre(PortRange{25, 25}, PortRange{465, 465}, PortRange{80, 80}));
  EXPECT_THAT(reading->notes, ElementsAre(HasSubstr("name=b is not used")));
}

TEST(JailActionTest, AllPortsAreAllThereAre) {
  const auto reading =
      Read("iptables-multiport[port=\"25,465\"] iptables-allports");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_THAT(reading->enforcement.ports, ElementsAre(kAllPorts));
}

TEST(JailActionTest, UdpIsLeftOutBesideTcp) {
  const auto reading = Read(
      "iptables-multiport[name=j-tcp, port=53, protocol=tcp] "
      "iptables-multiport[name=j-udp, port=53, protocol=udp]");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->enforcement.name, "j-tcp");
  EXPECT_THAT(reading->notes, ElementsAre(HasSubstr("protocol = udp")));
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
        Refusal{"", "no action closes any TCP port"},
        Refusal{"mail", "no action closes any TCP port"},
        Refusal{"iptabels[port=25]", "iptabels: there is no such action"},
        Refusal{"iptables-multiport[port=25, protocol=udp]",
                "no action closes any TCP port; action iptables-multiport: is "
                "left out, for protocol = udp"},
        Refusal{"iptables-multiport[port=25] "
                "iptables-multiport[port=26, blocktype=DROP]",
                "in another way than the one before"},
        Refusal{"iptables-multiport[port=\"1,2,3,4,5,6,7,8\"] "
                "iptables-multiport[port=\"11,12,13,14,15,16,17,18\"]",
                "take 16 slots"},
        Refusal{"iptables-multiport[port=25", "expected"}));

}  // namespace
}  // namespace mxban
