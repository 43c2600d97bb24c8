#include "coordinator/agent_quota.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using Verdict = AgentQuota::Verdict;

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

TEST(AgentQuotaTest, AMinuteMayComeAtOnceAndThenTheRate) {
  AgentQuota quota(1000);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(quota.Take("mx1", 1000, kNoon), Verdict::kGranted);
  }
  EXPECT_NE(quota.Take("mx1", 1, kNoon), Verdict::kGranted);
  absl::Time now = kNoon;
  for (int i = 0; i < 100; ++i) {
    now += absl::Seconds(1);
    EXPECT_EQ(quota.Take("mx1", 1000, now), Verdict::kGranted) << i;
    EXPECT_NE(quota.Take("mx1", 1, now), Verdict::kGranted) << i;
  }
}

TEST(AgentQuotaTest, AFullOutboxPassesTheDefaultQuota) {
  AgentQuota quota(1000);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(quota.Take("mx1", 1000, kNoon), Verdict::kGranted);
  }
}

TEST(AgentQuotaTest, EachServerHasItsOwn) {
  AgentQuota quota(10);
  EXPECT_EQ(quota.Take("mx1", 600, kNoon), Verdict::kGranted);
  EXPECT_NE(quota.Take("mx1", 1, kNoon), Verdict::kGranted);
  EXPECT_EQ(quota.Take("mx2", 600, kNoon), Verdict::kGranted);
}

TEST(AgentQuotaTest, AReportBeyondAMinutePassesWhenNothingWasUsed) {
  AgentQuota quota(1);
  EXPECT_EQ(quota.Take("mx1", 1000, kNoon), Verdict::kGranted);
  EXPECT_NE(quota.Take("mx1", 1000, kNoon + absl::Seconds(999)),
            Verdict::kGranted)
      << "it is paid for by then, and no sooner";
  EXPECT_EQ(quota.Take("mx1", 1000, kNoon + absl::Seconds(1000)),
            Verdict::kGranted);
}

TEST(AgentQuotaTest, WhatIsRefusedCostsNothing) {
  AgentQuota quota(1);
  EXPECT_EQ(quota.Take("mx1", 60, kNoon), Verdict::kGranted);
  for (int i = 0; i < 100; ++i) quota.Take("mx1", 60, kNoon);
  EXPECT_EQ(quota.Take("mx1", 1, kNoon + absl::Seconds(1)), Verdict::kGranted);
  EXPECT_EQ(quota.exceeded(), 100);
}

TEST(AgentQuotaTest, IsWorthSayingOnceAMinute) {
  AgentQuota quota(1);
  quota.Take("mx1", 600, kNoon);
  EXPECT_EQ(quota.Take("mx1", 1, kNoon), Verdict::kExceeded);
  EXPECT_EQ(quota.Take("mx1", 1, kNoon + absl::Seconds(59)),
            Verdict::kExceededAgain);
  EXPECT_EQ(quota.Take("mx1", 1, kNoon + absl::Seconds(60)),
            Verdict::kExceeded);
}

TEST(AgentQuotaTest, ZeroIsNoLimit) {
  AgentQuota quota(0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(quota.Take("mx1", 1'000'000, kNoon), Verdict::kGranted);
  }
}

TEST(AgentQuotaTest, BeyondTheRoomForNamesServersShare) {
  AgentQuota quota(1);
  for (size_t i = 0; i < AgentQuota::kMaxServers; ++i) {
    quota.Take(absl::StrCat("mx", i), 60, kNoon);
  }
  EXPECT_EQ(quota.Take("late", 60, kNoon), Verdict::kGranted);
  EXPECT_NE(quota.Take("later", 60, kNoon), Verdict::kGranted);
  const absl::Time later = kNoon + absl::Minutes(2);
  EXPECT_EQ(quota.Take("late", 60, later), Verdict::kGranted);
  EXPECT_EQ(quota.Take("later", 60, later), Verdict::kGranted)
      << "those who used nothing since have made room";
}

TEST(AgentQuotaTest, AClockThatGoesBackIsNoGift) {
  AgentQuota quota(1);
  quota.Take("mx1", 60, kNoon);
  EXPECT_NE(quota.Take("mx1", 1, kNoon - absl::Hours(1)), Verdict::kGranted);
}

}  // namespace
}  // namespace mxban
