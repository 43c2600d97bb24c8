#include "agent/firewall/nft_jail.h"

#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

const NftSet kAllowed = {.jail = "smtp", .allowed = true};
const NftSet kBans = {.jail = "smtp"};
const NftSet kBans24 = {.jail = "smtp", .prefix_length = 24};

NftRule Return(const NftSet& set) { return {.source = set}; }
NftRule Refuse(const NftSet& set) {
  return {.source = set, .rejection = Rejection::kTcpReset};
}

bool Stands(const std::vector<NftRule>& chain,
            const std::set<NftSet>& sets = {kAllowed, kBans, kBans24}) {
  return ChainStands(chain, sets, Rejection::kTcpReset);
}

TEST(NftJailTest, AJumpForEachPortRangeLeadsToTheChain) {
  const std::vector<NftRule> jumps =
      PortJumpsOf({.name = "smtp", .ports = {{25, 25}, {1000, 1999}}});
  EXPECT_THAT(
      jumps,
      ElementsAre(
          NftRule{.ports = PortRange{25, 25}, .jump = "mxban-smtp"},
          NftRule{.ports = PortRange{1000, 1999}, .jump = "mxban-smtp"}));
  for (const NftRule& jump : jumps) EXPECT_TRUE(IsPortJump(jump));
}

TEST(NftJailTest, WhatSaysAnythingElseIsNoJumpToAJail) {
  for (const NftRule& rule :
       {NftRule{}, NftRule{.jump = "mxban-smtp"},
        NftRule{.ports = PortRange{25, 25}, .jump = "theirs"},
        NftRule{.ports = PortRange{25, 25}, .rejection = Rejection::kDrop},
        NftRule{
            .ports = PortRange{25, 25}, .source = kBans, .jump = "mxban-smtp"},
        NftRule{.opaque = true}}) {
    EXPECT_FALSE(IsPortJump(rule));
  }
}

TEST(NftJailTest, AChainStandsWithTheAllowedFirstInAnyOrderWithin) {
  EXPECT_TRUE(Stands({Return(kAllowed), Refuse(kBans), Refuse(kBans24)}));
  EXPECT_TRUE(Stands({Return(kAllowed), Refuse(kBans24), Refuse(kBans)}));
  EXPECT_TRUE(Stands({}, {}));
}

TEST(NftJailTest, AChainThatDiffersDoesNotStand) {
  const NftRule drop = {.source = kBans, .rejection = Rejection::kDrop};
  for (const std::vector<NftRule>& chain : std::vector<std::vector<NftRule>>{
           {},
           {Return(kAllowed), Refuse(kBans)},
           {Refuse(kBans), Return(kAllowed), Refuse(kBans24)},
           {Return(kAllowed), Refuse(kBans), Refuse(kBans), Refuse(kBans24)},
           {Return(kAllowed), drop, Refuse(kBans24)},
           {Return(kAllowed), Return(kBans), Refuse(kBans24)},
           {Refuse(kAllowed), Refuse(kBans), Refuse(kBans24)},
           {NftRule{}, Return(kAllowed), Refuse(kBans), Refuse(kBans24)},
           {Return(kAllowed), Refuse(kBans), Refuse(kBans24),
            NftRule{.opaque = true}}}) {
    EXPECT_FALSE(Stands(chain));
  }
}

TEST(NftJailTest, JailsAreKnownByTheirChainsAndSets) {
  NftTable table;
  table.chains["input"];
  table.chains["mxban-auth"] = {Refuse({.jail = "auth"})};
  table.chains["mxban-no good"];
  table.sets[kBans] = true;
  table.sets[kBans24] = false;
  EXPECT_THAT(JailsIn(table), ElementsAre("auth", "smtp"));
  EXPECT_THAT(SetsOf("smtp", table), ElementsAre(kBans));
  EXPECT_EQ(RejectionIn(RulesIn(table, "mxban-auth")), Rejection::kTcpReset);
  EXPECT_TRUE(RulesIn(table, "absent").empty());
}

}  // namespace
}  // namespace mxban
