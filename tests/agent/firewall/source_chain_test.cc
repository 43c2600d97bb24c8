#include "agent/firewall/source_chain.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const IpNetwork kSpammer = IpNetwork::ParseOrDie("198.51.100.7");
const IpNetwork kStranger = IpNetwork::ParseOrDie("203.0.113.0/24");
const IpNetwork kFriend = IpNetwork::ParseOrDie("192.0.2.1");
const IpNetwork kFriend6 = IpNetwork::ParseOrDie("2001:db8::1");

TEST(SourceChainTest, AllowsFirstThenRefusesThenReturns) {
  SourceChain chain;
  EXPECT_TRUE(chain.Ban(kSpammer));
  EXPECT_TRUE(chain.Ban(kStranger));
  chain.Allow({kFriend6, kFriend}, Family::kIpv4);
  EXPECT_THAT(
      chain.ToRules(Rejection::kDrop),
      ElementsAre(
          TableRule{.source = kFriend},
          TableRule{
              .tcp = true, .source = kSpammer, .rejection = Rejection::kDrop},
          TableRule{
              .tcp = true, .source = kStranger, .rejection = Rejection::kDrop},
          TableRule{}));
}

TEST(SourceChainTest, ComesBackFromItsRules) {
  SourceChain chain;
  chain.Ban(kSpammer);
  chain.Allow({kFriend}, Family::kIpv4);
  const SourceChain read(chain.ToRules(Rejection::kIcmpPortUnreachable));
  EXPECT_THAT(read.allowed(), ElementsAre(kFriend));
  EXPECT_THAT(read.banned(), ElementsAre(kSpammer));
  EXPECT_EQ(read.rejection(), Rejection::kIcmpPortUnreachable);
}

TEST(SourceChainTest, BanningTwiceAndUnbanningNobodyChangeNothing) {
  SourceChain chain;
  EXPECT_TRUE(chain.Ban(kSpammer));
  EXPECT_FALSE(chain.Ban(kSpammer));
  EXPECT_FALSE(chain.Unban(kStranger));
  EXPECT_TRUE(chain.Unban(kSpammer));
  EXPECT_THAT(chain.banned(), IsEmpty());
}

TEST(SourceChainTest, WhileNobodyIsRefusedNothingTellsHow) {
  EXPECT_EQ(SourceChain(SourceChain().ToRules(Rejection::kDrop)).rejection(),
            std::nullopt);
}

TEST(SourceChainTest, LeavesOutWhatIsNotOurs) {
  const SourceChain chain({{.opaque = "a rule with more to say"},
                           {.source = kSpammer, .jump = "elsewhere"},
                           {}});
  EXPECT_THAT(chain.allowed(), IsEmpty());
  EXPECT_THAT(chain.banned(), IsEmpty());
}

}  // namespace
}  // namespace mxban
