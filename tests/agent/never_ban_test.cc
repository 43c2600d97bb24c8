#include "agent/never_ban.h"

#include "common/name_lookup.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::UnorderedElementsAreArray;

IpNetwork Net(const char* text) { return IpNetwork::ParseOrDie(text); }

std::vector<IpNetwork> Listed(const std::vector<std::string>& configured,
                              const std::vector<std::string>& coordinators) {
  auto never_ban = NeverBan::Create(configured, coordinators);
  EXPECT_TRUE(never_ban.ok()) << never_ban.status();
  return never_ban->Look().all;
}

TEST(NeverBanTest, LoopbackAlwaysBelongsToIt) {
  EXPECT_THAT(Listed({}, {}), Contains(Net("127.0.0.0/8")));
  EXPECT_THAT(Listed({}, {}), Contains(Net("::1")));
}

TEST(NeverBanTest, OwnAddressesBelongToIt) {
  const NeverBan::Networks networks = NeverBan::Create({}, {})->Look();
  EXPECT_THAT(networks.own_addresses,
              UnorderedElementsAreArray(OwnAddresses()));
  EXPECT_THAT(networks.all, IsSupersetOf(networks.own_addresses));
}

TEST(NeverBanTest, TakesWhatIsConfigured) {
  const auto list = Listed({"192.0.2.0/24", "2001:db8::/32"}, {});
  EXPECT_THAT(list, Contains(Net("192.0.2.0/24")));
  EXPECT_THAT(list, Contains(Net("2001:db8::/32")));
}

TEST(NeverBanTest, CoordinatorsBelongToIt) {
  const auto list =
      Listed({}, {"198.51.100.1:7460", "[2001:db8::1]:7460",
                  "dns:///198.51.100.2:7460", "unix:/run/mxban/agent.sock"});
  EXPECT_THAT(list, Contains(Net("198.51.100.1")));
  EXPECT_THAT(list, Contains(Net("2001:db8::1")));
  EXPECT_THAT(list, Contains(Net("198.51.100.2")));
}

TEST(NeverBanTest, LookingAgainFindsTheSame) {
  auto never_ban = NeverBan::Create({"192.0.2.1"}, {"198.51.100.1:7460"});
  EXPECT_EQ(never_ban->Look(), never_ban->Look());
}

TEST(NeverBanTest, RubbishIsQuoted) {
  EXPECT_EQ(NeverBan::Create({"everyone"}, {}).status().message(),
            "--never_ban: 'everyone' is not an IP address or network");
}

}  // namespace
}  // namespace mxban
