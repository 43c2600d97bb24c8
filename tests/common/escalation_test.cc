#include "common/escalation.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

Jail EscalatingJail(absl::Duration ban_time) {
  Jail jail;
  jail.ban_time = ban_time;
  jail.escalation.emplace();
  return jail;
}

// The seconds of the first six bans, nothing random added.
std::vector<int64_t> FirstBans(const Jail& jail) {
  std::vector<int64_t> seconds;
  for (uint32_t n = 0; n < 6; ++n) {
    seconds.push_back(absl::ToInt64Seconds(EscalatedBanTime(jail, n, 0)));
  }
  return seconds;
}

TEST(EscalationTest, BansDouble) {
  EXPECT_THAT(FirstBans(EscalatingJail(absl::Seconds(600))),
              ElementsAre(600, 1200, 2400, 4800, 9600, 19200));
}

TEST(EscalationTest, MultipliersReplaceThePowersOfTwo) {
  Jail jail = EscalatingJail(absl::Seconds(60));
  jail.escalation->multipliers = {1, 5, 30, 60};
  EXPECT_THAT(FirstBans(jail), ElementsAre(60, 300, 1800, 3600, 3600, 3600));
  jail.escalation->max_time = absl::Minutes(10);
  EXPECT_THAT(FirstBans(jail), ElementsAre(60, 300, 600, 600, 600, 600));
}

TEST(EscalationTest, AFactorMultiplies) {
  Jail jail = EscalatingJail(absl::Seconds(600));
  jail.escalation->factor = 2;
  EXPECT_THAT(FirstBans(jail),
              ElementsAre(600, 2400, 4800, 9600, 19200, 38400));
  jail.escalation->factor = 0.25;
  EXPECT_THAT(FirstBans(jail), ElementsAre(600, 600, 600, 1200, 2400, 4800))
      << "never below bantime";
}

TEST(EscalationTest, BansGrowTwentyTimes) {
  const Jail jail = EscalatingJail(absl::Seconds(1));
  EXPECT_EQ(EscalatedBanTime(jail, 20, 0), absl::Seconds(1 << 20));
  EXPECT_EQ(EscalatedBanTime(jail, 4'000'000'000, 0), absl::Seconds(1 << 20));
}

TEST(EscalationTest, SomethingRandomComesOnTopOfTheLimit) {
  Jail jail = EscalatingJail(absl::Seconds(600));
  jail.escalation->max_time = absl::Seconds(1000);
  jail.escalation->random_time = absl::Seconds(60);
  EXPECT_EQ(EscalatedBanTime(jail, 1, 0.5), absl::Seconds(1030));
  EXPECT_EQ(EscalatedBanTime(jail, 0, 0.5), absl::Seconds(600))
      << "not on the first";
}

TEST(EscalationTest, WithoutItEveryBanIsAlike) {
  Jail jail;
  jail.ban_time = absl::Seconds(600);
  EXPECT_EQ(EscalatedBanTime(jail, 7, 0.5), absl::Seconds(600));
  EXPECT_EQ(FailureWeight(jail, 7), 1u);
}

TEST(EscalationTest, ABanForEverStaysOne) {
  Jail jail = EscalatingJail(absl::InfiniteDuration());
  jail.escalation->max_time = absl::Hours(1);
  EXPECT_EQ(EscalatedBanTime(jail, 3, 0.5), absl::InfiniteDuration());
}

TEST(EscalationTest, AKnownOffendersFailuresWeighMore) {
  Jail jail = EscalatingJail(absl::Seconds(600));
  jail.max_retry = 10;
  std::vector<uint32_t> weights;
  for (uint32_t n = 0; n < 6; ++n) weights.push_back(FailureWeight(jail, n));
  EXPECT_THAT(weights, ElementsAre(1, 2, 3, 5, 9, 10));
  EXPECT_EQ(FailureWeight(jail, 4'000'000'000), 10u);
  jail.max_retry = 1;
  EXPECT_EQ(FailureWeight(jail, 5), 1u);
}

}  // namespace
}  // namespace mxban
