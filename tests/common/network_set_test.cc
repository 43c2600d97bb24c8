#include "common/network_set.h"

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(NetworkSetTest, AnEmptySetContainsNobody) {
  EXPECT_FALSE(NetworkSet().Contains(IpNetwork::ParseOrDie("192.0.2.1")));
}

TEST(NetworkSetTest, FindsWhoLiesWithinAndNobodyElse) {
  const NetworkSet set({IpNetwork::ParseOrDie("198.51.100.0/24"),
                        IpNetwork::ParseOrDie("203.0.113.7"),
                        IpNetwork::ParseOrDie("2001:db8:7::/64")});
  for (const char* inside : {"198.51.100.200", "198.51.100.128/25",
                             "203.0.113.7", "2001:db8:7::1"}) {
    EXPECT_TRUE(set.Contains(IpNetwork::ParseOrDie(inside))) << inside;
  }
  for (const char* outside : {"198.51.101.1", "198.51.0.0/16", "203.0.113.8",
                              "2001:db8:8::1", "198.51.100.0/23"}) {
    EXPECT_FALSE(set.Contains(IpNetwork::ParseOrDie(outside))) << outside;
  }
}

TEST(NetworkSetTest, ANetworkOfAllAddressesContainsItsFamilyAlone) {
  const NetworkSet set({IpNetwork::ParseOrDie("0.0.0.0/0")});
  EXPECT_TRUE(set.Contains(IpNetwork::ParseOrDie("203.0.113.1")));
  EXPECT_FALSE(set.Contains(IpNetwork::ParseOrDie("::1")));
}

TEST(NetworkSetTest, AgreesWithLookingAtEachNetwork) {
  std::mt19937 random(7);
  const auto roll = [&](int n) { return static_cast<int>(random() % n); };
  const auto network = [&] {
    return IpNetwork::ParseOrDie(
        roll(2) == 0 ? absl::StrCat("10.", roll(4), ".", roll(4), ".", roll(4),
                                    "/", 8 + roll(25))
                     : absl::StrCat("2001:db8:", roll(4), ":", roll(4),
                                    "::", roll(4), "/", 32 + roll(97)));
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<IpNetwork> networks;
    for (int i = roll(12); i > 0; --i) networks.push_back(network());
    const NetworkSet set(networks);
    for (int i = 0; i < 50; ++i) {
      const IpNetwork sought = network();
      EXPECT_EQ(
          set.Contains(sought),
          std::any_of(networks.begin(), networks.end(),
                      [&](const IpNetwork& n) { return n.Contains(sought); }))
          << sought.ToString();
    }
  }
}

}  // namespace
}  // namespace mxban
