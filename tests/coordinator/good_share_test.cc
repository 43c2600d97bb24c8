#include "coordinator/good_share.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(GoodShareTest, ThreeAreAlwaysAllowed) {
  GoodShare bans;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(bans.Allows(kNoon, 0.05, 1));
    bans.Record(kNoon);
  }
  EXPECT_FALSE(bans.Allows(kNoon, 0.05, 1));
  EXPECT_FALSE(bans.Allows(kNoon, 0.05, 79));
  EXPECT_TRUE(bans.Allows(kNoon, 0.05, 80)) << "a twentieth of 80";
}

TEST(GoodShareTest, ABanIsForgottenAfterTheWindow) {
  GoodShare bans;
  bans.Record(kNoon);
  for (int i = 0; i < 2; ++i) bans.Record(kNoon + absl::Minutes(1));
  EXPECT_FALSE(
      bans.Allows(kNoon + GoodShare::kWindow - absl::Nanoseconds(1), 0.05, 1));
  EXPECT_TRUE(bans.Allows(kNoon + GoodShare::kWindow, 0.05, 1));
}

TEST(GoodShareTest, AShareOfNothingIsNoLimit) {
  GoodShare bans;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(bans.Allows(kNoon, 0, 1));
    bans.Record(kNoon);
  }
  EXPECT_FALSE(bans.Allows(kNoon, 1, 100)) << "the jail has changed";
  EXPECT_TRUE(bans.Allows(kNoon, 1, 101));
}

// Whoever asks before each ban never sees more than the share in any window.
TEST(GoodShareTest, HoldsInEveryWindow) {
  std::mt19937 random(4711);
  for (int round = 0; round < 50; ++round) {
    GoodShare bans;
    const size_t good_sources = 1 + random() % 200;
    std::vector<absl::Time> allowed;
    absl::Time now = kNoon;
    for (int step = 0; step < 300; ++step) {
      now += absl::Seconds(random() % 60);
      size_t recent = 0;
      for (const absl::Time time : allowed) {
        recent += time > now - GoodShare::kWindow ? 1 : 0;
      }
      const bool may = recent + 1 <= std::max<double>(3, 0.1 * good_sources);
      ASSERT_EQ(bans.Allows(now, 0.1, good_sources), may);
      if (!may) continue;
      bans.Record(now);
      allowed.push_back(now);
    }
  }
}

}  // namespace
}  // namespace mxban
