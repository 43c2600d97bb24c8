// Servers whose clocks are wrong: failures count and bans end by the
// coordinator's time.

#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

constexpr char kAttacker[] = "203.0.113.30";
constexpr char kOther[] = "203.0.113.31";

class ClockFaultsTest : public ClusterTest {
 protected:
  ClockFaultsTest() {
    // An hour's error is more than everything here.
    WriteJail("maxretry = 3\nbantime = 10m\nfindtime = 10m\n");
    clocks_[0].Set(absl::Hours(1));
    clocks_[1].Set(-absl::Hours(1));
  }
};

TEST_F(ClockFaultsTest, AnHourAheadOrBehindCountsAndBansAlike) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_EQ(ListBans()[0].ban().failure_count(), 3);
}

TEST_F(ClockFaultsTest, WhatWasFoundBeforeTheCoordinatorWasHeardCountsToo) {
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  StartAll();
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
}

TEST_F(ClockFaultsTest, ABanOfAServerAloneLastsAsLongAsTheJailSays) {
  StartAll();
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  coordinator_.reset();
  for (int i = 0; i < kServers; ++i) {
    for (int k = 0; k < 3; ++k) Attack(i, i == 2 ? kOther : kAttacker);
  }
  EXPECT_TRUE(kernels_[0].Await("auth", kAttacker, true));
  EXPECT_TRUE(kernels_[1].Await("auth", kAttacker, true));
  StartCoordinator();
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_TRUE(AwaitEverywhere(kOther));
}

}  // namespace
}  // namespace mxban
