#include "coordinator/recent_count.h"

#include <deque>
#include <random>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(RecentCountTest, CountsTheMinuteThatEndsNow) {
  RecentCount recent(absl::Minutes(1));
  EXPECT_EQ(recent.CountAt(kNoon), 0);
  recent.Add(kNoon, 2);
  recent.Add(kNoon + absl::Seconds(30), 3);
  EXPECT_EQ(recent.CountAt(kNoon + absl::Seconds(59)), 5);
}

TEST(RecentCountTest, WhatIsExactlyAMinuteOldNoLongerCounts) {
  RecentCount recent(absl::Minutes(1));
  recent.Add(kNoon, 2);
  recent.Add(kNoon + absl::Seconds(30), 3);
  EXPECT_EQ(recent.CountAt(kNoon + absl::Seconds(60)), 3);
  EXPECT_EQ(recent.CountAt(kNoon + absl::Seconds(90)), 0);
}

TEST(RecentCountTest, AClockThatIsSetBackHoldsNothingBackForLonger) {
  RecentCount recent(absl::Minutes(1));
  recent.Add(kNoon, 2);
  EXPECT_EQ(recent.CountAt(kNoon - absl::Seconds(1)), 2);
  recent.Add(kNoon - absl::Seconds(1), 1);
  EXPECT_EQ(recent.CountAt(kNoon - absl::Seconds(1)), 3);
  const absl::Time before = kNoon - absl::Hours(1);
  EXPECT_EQ(recent.CountAt(before), 0);
  recent.Add(before, 4);
  EXPECT_EQ(recent.CountAt(before), 4);
  EXPECT_EQ(recent.CountAt(before + absl::Minutes(1)), 0);
}

TEST(RecentCountTest, IsExact) {
  std::mt19937 random(7);
  RecentCount recent(absl::Minutes(1));
  std::deque<absl::Time> all;
  absl::Time now = kNoon;
  for (int i = 0; i < 2'000; ++i) {
    now += absl::Milliseconds(random() % 1'000);
    recent.Add(now, 1);
    all.push_back(now);
    now += absl::Milliseconds(random() % 1'000);
    size_t expected = 0;
    for (const absl::Time time : all) {
      expected += time > now - absl::Minutes(1) ? 1 : 0;
    }
    ASSERT_EQ(recent.CountAt(now), expected);
  }
}

}  // namespace
}  // namespace mxban
