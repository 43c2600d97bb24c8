#include "agent/firewall/family.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

IpNetwork Net(absl::string_view text) { return IpNetwork::ParseOrDie(text); }

TEST(FamilyTest, IsThatOfTheNetwork) {
  EXPECT_EQ(FamilyOf(Net("192.0.2.1")), Family::kIpv4);
  EXPECT_EQ(FamilyOf(Net("2001:db8::/64")), Family::kIpv6);
}

TEST(FamilyTest, EveryKernelHasIpv4) {
  EXPECT_THAT(KernelFamilies(), Contains(Family::kIpv4));
}

TEST(KernelFormTest, ANetworkOfAllAddressesBecomesItsHalves) {
  std::vector<IpNetwork> networks;
  for (const char* text : {"::/0", "192.0.2.0/24", "0.0.0.0/0"}) {
    AppendKernelForm(Net(text), networks);
  }
  EXPECT_THAT(networks,
              ElementsAre(Net("::/1"), Net("8000::/1"), Net("192.0.2.0/24"),
                          Net("0.0.0.0/1"), Net("128.0.0.0/1")));
  SortAndMergeHalves(networks);
  EXPECT_THAT(networks,
              ElementsAre(Net("::/0"), Net("0.0.0.0/0"), Net("192.0.2.0/24")));
}

TEST(KernelFormTest, OneHalfAloneIsLeftAsItIs) {
  std::vector<IpNetwork> networks = {Net("128.0.0.0/1"), Net("10.0.0.0/8")};
  SortAndMergeHalves(networks);
  EXPECT_THAT(networks, ElementsAre(Net("10.0.0.0/8"), Net("128.0.0.0/1")));
}

}  // namespace
}  // namespace mxban
