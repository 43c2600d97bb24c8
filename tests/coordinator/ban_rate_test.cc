#include "coordinator/ban_rate.h"

#include <deque>
#include <random>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(BanRateTest, CountsTheMinuteThatEndsNow) {
  BanRate rate;
  EXPECT_EQ(rate.CountAt("jail", kNoon), 0);
  rate.Add("jail", kNoon, 2);
  rate.Add("jail", kNoon + absl::Seconds(30), 3);
  EXPECT_EQ(rate.CountAt("jail", kNoon + absl::Seconds(59)), 5);
}

TEST(BanRateTest, ABanExactlyAMinuteOldNoLongerCounts) {
  BanRate rate;
  rate.Add("jail", kNoon, 2);
  rate.Add("jail", kNoon + absl::Seconds(30), 3);
  EXPECT_EQ(rate.CountAt("jail", kNoon + absl::Seconds(60)), 3);
  EXPECT_EQ(rate.CountAt("jail", kNoon + absl::Seconds(90)), 0);
}

TEST(BanRateTest, JailsAreCountedApart) {
  BanRate rate;
  rate.Add("jail", kNoon, 2);
  EXPECT_EQ(rate.CountAt("other", kNoon), 0);
}

TEST(BanRateTest, AClockThatIsSetBackHoldsNothingBackForLonger) {
  BanRate rate;
  rate.Add("jail", kNoon, 2);
  EXPECT_EQ(rate.CountAt("jail", kNoon - absl::Seconds(1)), 2);
  rate.Add("jail", kNoon - absl::Seconds(1), 1);
  EXPECT_EQ(rate.CountAt("jail", kNoon - absl::Seconds(1)), 3);
  const absl::Time before = kNoon - absl::Hours(1);
  EXPECT_EQ(rate.CountAt("jail", before), 0);
  rate.Add("jail", before, 4);
  EXPECT_EQ(rate.CountAt("jail", before), 4);
  EXPECT_EQ(rate.CountAt("jail", before + absl::Minutes(1)), 0);
}

TEST(BanRateTest, IsExact) {
  std::mt19937 random(7);
  BanRate rate;
  std::deque<absl::Time> all;
  absl::Time now = kNoon;
  for (int i = 0; i < 2'000; ++i) {
    now += absl::Milliseconds(random() % 1'000);
    rate.Add("jail", now, 1);
    all.push_back(now);
    now += absl::Milliseconds(random() % 1'000);
    size_t expected = 0;
    for (const absl::Time time : all) {
      expected += time > now - absl::Minutes(1) ? 1 : 0;
    }
    ASSERT_EQ(rate.CountAt("jail", now), expected);
  }
}

}  // namespace
}  // namespace mxban
