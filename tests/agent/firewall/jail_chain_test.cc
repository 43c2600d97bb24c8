#include "agent/firewall/jail_chain.h"

#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

JailRules Mail(std::string name) {
  return {.name = std::move(name), .ports = {{25, 25}, {465, 465}, {587, 587}}};
}

const std::vector<TableRule>& Chain() {
  static const auto& chain = *new std::vector<TableRule>{
      {.tcp = true, .source_set = 3, .rejection = Rejection::kDrop}, {}};
  return chain;
}

// As the table stands after a write.
OwnedRules Written(OwnedRules owned) {
  owned.leading_jumps = owned.jumps.size();
  return owned;
}

TEST(JailChainTest, AJailIsItsChainAndItsJump) {
  OwnedRules owned;
  PutJail(Mail("smtp"), Chain(), owned);
  EXPECT_THAT(owned.jumps, ElementsAre(TableRule{.tcp = true,
                                                 .ports = Mail("smtp").ports,
                                                 .jump = "mxban-smtp"}));
  EXPECT_EQ(owned.chains["mxban-smtp"], Chain());
  EXPECT_TRUE(JailStands(Mail("smtp"), Chain(), Written(owned)));
  EXPECT_EQ(PortsOf("smtp", owned), Mail("smtp").ports);
}

TEST(JailChainTest, PortsAreSplitAtFifteenSlots) {
  JailRules rules = {.name = "smtp"};
  for (uint16_t port = 1; port <= 14; ++port)
    rules.ports.push_back({port, port});
  EXPECT_THAT(JumpsOf(rules), SizeIs(1));
  rules.ports.push_back({100, 200});
  EXPECT_THAT(JumpsOf(rules), SizeIs(2)) << "a range takes two slots";
  EXPECT_THAT(JumpsOf(rules)[1].ports, ElementsAre(PortRange{100, 200}));
}

TEST(JailChainTest, JumpsAreOrderedByNameWhoeverCameFirst) {
  OwnedRules a, b;
  for (const char* name : {"x", "y"}) PutJail(Mail(name), Chain(), a);
  for (const char* name : {"y", "x", "y"}) PutJail(Mail(name), Chain(), b);
  EXPECT_EQ(a, b);
}

TEST(JailChainTest, ADroppedJailLeavesTheOthersAlone) {
  OwnedRules owned, only;
  PutJail(Mail("x"), Chain(), only);
  PutJail(Mail("x"), Chain(), owned);
  PutJail(Mail("x-4"), Chain(), owned);
  EXPECT_THAT(JailsIn(owned), ElementsAre("x", "x-4"));
  DropJail("x-4", owned);
  EXPECT_EQ(owned, only);
}

TEST(JailChainTest, AJumpBehindForeignRulesDoesNotStand) {
  OwnedRules owned;
  PutJail(Mail("x"), Chain(), owned);
  PutJail(Mail("y"), Chain(), owned);
  owned.leading_jumps = 1;
  EXPECT_TRUE(JailStands(Mail("x"), Chain(), owned));
  EXPECT_FALSE(JailStands(Mail("y"), Chain(), owned));
}

TEST(JailChainTest, WhatIsOtherwiseDoesNotStand) {
  OwnedRules owned;
  PutJail(Mail("x"), Chain(), owned);
  owned = Written(owned);
  JailRules other = Mail("x");
  other.ports.pop_back();
  EXPECT_FALSE(JailStands(other, Chain(), owned));
  EXPECT_FALSE(JailStands(Mail("x"), {}, owned));
  EXPECT_FALSE(JailStands(Mail("y"), Chain(), owned));
  owned.jumps.front().opaque = "with a condition of its own";
  EXPECT_FALSE(JailStands(Mail("x"), Chain(), owned));
}

TEST(JailChainTest, RefusesWhatTheKernelWouldMisunderstand) {
  EXPECT_TRUE(ValidateRules(Mail("smtp")).ok());
  for (JailRules rules : {Mail(""), Mail("a b"), Mail(std::string(23, 'x')),
                          JailRules{.name = "no-ports"},
                          JailRules{.name = "x", .ports = {{2, 1}}}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ValidateRules(rules))) << rules.name;
  }
}

TEST(JailChainTest, PortsSurviveAnySplit) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    JailRules rules = {.name = "x"};
    for (size_t i = random() % 60 + 1; i > 0; --i) {
      const auto first = static_cast<uint16_t>(random() % 60'000);
      rules.ports.push_back(
          {first, static_cast<uint16_t>(first + random() % 2 * 9)});
    }
    OwnedRules owned;
    PutJail(rules, Chain(), owned);
    EXPECT_EQ(PortsOf("x", owned), rules.ports);
    EXPECT_THAT(PortsOf("y", owned), IsEmpty());
  }
}

}  // namespace
}  // namespace mxban
