// What is never banned, where addresses and routes are real and change.

#include "agent/never_ban.h"

#include <vector>

#include "agent/default_gateways.h"
#include "gmock/gmock.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::Not;
using testing::UnorderedElementsAre;

IpNetwork Net(const char* text) { return IpNetwork::ParseOrDie(text); }

class NeverBanLabTest : public testing::Test {
 protected:
  NeverBanLabTest() { lab_.AddHost("mx1", {"192.0.2.11", "2001:db8::11"}); }

  std::vector<IpNetwork> Gateways() {
    absl::StatusOr<std::vector<IpNetwork>> gateways;
    lab_.Run("mx1", [&] { gateways = DefaultGateways(); });
    EXPECT_TRUE(gateways.ok()) << gateways.status();
    return gateways.value_or(std::vector<IpNetwork>());
  }

  NetworkLab lab_;
};

TEST_F(NeverBanLabTest, EveryDefaultGatewayIsFound) {
  EXPECT_THAT(Gateways(), UnorderedElementsAre());
  lab_.MustShell("mx1",
                 "ip route add default via 192.0.2.1 && "
                 "ip route add default via 192.0.2.2 metric 200 && "
                 "ip -6 route add default via 2001:db8::1 && "
                 "ip route add 10.0.0.0/8 via 192.0.2.99 && "
                 "ip route add unreachable default metric 999");
  EXPECT_THAT(Gateways(),
              UnorderedElementsAre(Net("192.0.2.1"), Net("192.0.2.2"),
                                   Net("2001:db8::1")));
}

TEST_F(NeverBanLabTest, HopsTablesAndTheOtherFamilyAreSeen) {
  lab_.MustShell("mx1",
                 "ip route add default table 100 nexthop via 192.0.2.3 "
                 "nexthop via 192.0.2.4 && "
                 "ip route add default table 101 via inet6 2001:db8::5");
  EXPECT_THAT(Gateways(),
              UnorderedElementsAre(Net("192.0.2.3"), Net("192.0.2.4"),
                                   Net("2001:db8::5")));
}

TEST_F(NeverBanLabTest, ChangesOfAddressesAndRoutesAreFollowed) {
  lab_.Run("mx1", [&] {
    auto never_ban = NeverBan::Create({}, {"192.0.2.1:7460"});
    ASSERT_TRUE(never_ban.ok()) << never_ban.status();
    EXPECT_THAT(never_ban->Look().own_addresses, Contains(Net("192.0.2.11")));
    lab_.MustShell("mx1",
                   "ip route add default via 192.0.2.7 && "
                   "ip address add 192.0.2.12/32 dev lo");
    NeverBan::Networks networks = never_ban->Look();
    EXPECT_THAT(networks.own_addresses, Contains(Net("192.0.2.12")));
    EXPECT_THAT(networks.all, Contains(Net("192.0.2.7")));
    EXPECT_THAT(networks.all, Contains(Net("192.0.2.1")));
    lab_.MustShell("mx1",
                   "ip route del default && "
                   "ip address del 192.0.2.12/32 dev lo");
    networks = never_ban->Look();
    EXPECT_THAT(networks.own_addresses, Not(Contains(Net("192.0.2.12"))));
    EXPECT_THAT(networks.all, Not(Contains(Net("192.0.2.7"))));
  });
}

class NeverBanFleetTest : public FleetTest {};

// The gateway of one server, banned by an operator's mistake.
TEST_F(NeverBanFleetTest, ANewGatewayIsSparedWithinAMinute) {
  StartFleet();
  ASSERT_EQ(Ctl(absl::StrCat("ban ", kCustomer, " --jail sendmail")).exit_code,
            0);
  ASSERT_TRUE(AwaitRefused(kCustomer, "mx1"));
  ASSERT_TRUE(AwaitRefused(kCustomer, "mx2"));
  lab_.MustShell("mx1", absl::StrCat("ip route add default via ", kCustomer));
  EXPECT_TRUE(Eventually(
      [&] {
        return Connect(kCustomer, "mx1", 25) == NetworkLab::Outcome::kConnected;
      },
      absl::Minutes(1)));
  EXPECT_TRUE(AwaitRefused(kCustomer, "mx2")) << "it is not their gateway";
  lab_.MustShell("mx1", "ip route del default");
  EXPECT_TRUE(AwaitRefused(kCustomer, "mx1", absl::Minutes(1)))
      << "the ban stands";
}

}  // namespace
}  // namespace mxban
