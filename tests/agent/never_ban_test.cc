#include "agent/never_ban.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::Contains;

IpNetwork Net(const char* text) { return IpNetwork::ParseOrDie(text); }

TEST(NeverBanTest, LoopbackAlwaysBelongsToIt) {
  const auto list = NeverBanList({}, {});
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(*list, Contains(Net("127.0.0.0/8")));
  EXPECT_THAT(*list, Contains(Net("::1")));
}

TEST(NeverBanTest, TakesWhatIsConfigured) {
  const auto list = NeverBanList({"192.0.2.0/24", "2001:db8::/32"}, {});
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(*list, Contains(Net("192.0.2.0/24")));
  EXPECT_THAT(*list, Contains(Net("2001:db8::/32")));
}

TEST(NeverBanTest, CoordinatorsBelongToIt) {
  const auto list = NeverBanList(
      {}, {"198.51.100.1:7460", "[2001:db8::1]:7460",
           "dns:///198.51.100.2:7460", "unix:/run/mxban/agent.sock"});
  ASSERT_TRUE(list.ok());
  EXPECT_THAT(*list, Contains(Net("198.51.100.1")));
  EXPECT_THAT(*list, Contains(Net("2001:db8::1")));
  EXPECT_THAT(*list, Contains(Net("198.51.100.2")));
}

TEST(NeverBanTest, RubbishIsQuoted) {
  const auto list = NeverBanList({"everyone"}, {});
  EXPECT_EQ(list.status().message(),
            "--never_ban: 'everyone' is not an IP address or network");
}

}  // namespace
}  // namespace mxban
