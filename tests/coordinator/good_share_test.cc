#include "coordinator/good_share.h"

#include <algorithm>
#include <random>
#include <vector>

#include "coordinator/recent_count.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(GoodShareTest, ThreeAreAlwaysAllowed) {
  EXPECT_TRUE(GoodShare::Allows(0, 0.05, 1));
  EXPECT_TRUE(GoodShare::Allows(2, 0.05, 1));
  EXPECT_FALSE(GoodShare::Allows(3, 0.05, 1));
  EXPECT_FALSE(GoodShare::Allows(3, 0.05, 79));
  EXPECT_TRUE(GoodShare::Allows(3, 0.05, 80)) << "a twentieth of 80";
  EXPECT_FALSE(GoodShare::Allows(4, 0.05, 80));
}

TEST(GoodShareTest, AShareOfNothingIsNoLimit) {
  EXPECT_TRUE(GoodShare::Allows(1'000'000, 0, 1));
}

// Whoever asks before each ban never sees more than the share in any window.
TEST(GoodShareTest, HoldsInEveryWindow) {
  std::mt19937 random(4711);
  for (int round = 0; round < 50; ++round) {
    RecentCount bans(GoodShare::kWindow);
    const size_t good_sources = 1 + random() % 200;
    std::vector<absl::Time> allowed;
    absl::Time now = kNoon;
    for (int step = 0; step < 300; ++step) {
      now += absl::Seconds(random() % 60);
      size_t recent = 0;
      for (const absl::Time time : allowed) {
        recent += time > now - GoodShare::kWindow ? 1 : 0;
      }
      ASSERT_EQ(bans.CountAt(now), recent);
      const bool may = recent + 1 <= std::max<double>(3, 0.1 * good_sources);
      ASSERT_EQ(GoodShare::Allows(recent, 0.1, good_sources), may);
      if (!may) continue;
      bans.Add(now, 1);
      allowed.push_back(now);
    }
  }
}

}  // namespace
}  // namespace mxban
