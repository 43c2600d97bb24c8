// Processes of a real fleet are killed or stopped at random moments while
// failures flow: each failure counts once, and bans stand everywhere.

#include <signal.h>

#include <cstdio>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/eventually.h"
#include "tests/system/exactly_once.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {
namespace {

constexpr char kCoordinator[] = "coordinator";

// Three servers, three failures to a ban.
class FleetDeathsTest : public testing::Test {
 protected:
  FleetDeathsTest() {
    fleet_.StartAll();
    EXPECT_TRUE(fleet_.AwaitCurrent())
        << ReadFile(fleet_.OutputOf(kCoordinator));
  }

  // Two sources fail: the first once on each server, the second on all but one.
  // Somebody who is ignored fails as well.
  void FailRound() {
    const std::string guilty = absl::StrCat("198.51.100.", ++round_);
    const std::string innocent = absl::StrCat("203.0.113.", 100 + round_);
    for (const std::string& server : fleet_.servers()) {
      fleet_.Fail(server, guilty);
      if (server != "mx2") fleet_.Fail(server, innocent);
      fleet_.Fail(server, FaultyFleet::kIgnored);
    }
  }

  const std::string& RandomServer() {
    return fleet_.servers()[random_() % fleet_.servers().size()];
  }

  // All of it counted once, and every kernel refuses whom it should; tells how
  // long that took.
  void ExpectExactlyOnceSoon() {
    const absl::Time start = absl::Now();
    ASSERT_TRUE(fleet_.AwaitSettled(absl::Seconds(60)));
    ASSERT_TRUE(fleet_.AwaitCurrent(absl::Seconds(60)));
    std::printf("figure: from the last fault until all is settled: %s\n",
                absl::FormatDuration(
                    absl::Trunc(absl::Now() - start, absl::Milliseconds(1)))
                    .c_str());
    ExpectExactlyOnce(fleet_);
  }

  const uint32_t seed_ = std::random_device()();
  testing::ScopedTrace trace_{__FILE__, __LINE__, absl::StrCat("seed ", seed_)};
  std::mt19937 random_{seed_};
  FaultyFleet fleet_{{.servers = 3, .max_retry = 3}};
  int round_ = 0;
};

TEST_F(FleetDeathsTest, OfTheCoordinatorAgainAndAgainLoseAndDoubleNothing) {
  for (int i = 0; i < 8; ++i) {
    // Somewhere within the reports of these rounds.
    for (uint32_t n = random_() % 5; n > 0; --n) FailRound();
    fleet_.Kill(kCoordinator);
    FailRound();
    fleet_.Start(kCoordinator);
    ASSERT_TRUE(Eventually([&] { return fleet_.Status("jail_count") == 1; }));
    if (random_() % 2 == 0) {
      Eventually([&] { return fleet_.Status("failure_count") > 0; });
    }
  }
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, OfAgentsAtRandomMomentsLoseAndDoubleNothing) {
  for (int i = 0; i < 16; ++i) {
    for (uint32_t n = random_() % 4; n > 0; --n) FailRound();
    const std::string server = RandomServer();
    if (random_() % 2 == 0) {
      fleet_.Kill(server);
    } else {
      fleet_.KillEnforcingHalf(server);
    }
    if (random_() % 2 == 0) FailRound();
    fleet_.Start(server);
    if (random_() % 2 == 0) fleet_.AwaitCurrent();
  }
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, OfEverythingAtOnceLoseAndDoubleNothing) {
  for (int i = 0; i < 4; ++i) {
    FailRound();
    for (const std::string& server : fleet_.servers()) fleet_.Kill(server);
    fleet_.Kill(kCoordinator);
    FailRound();
    fleet_.StartAll();
  }
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, ARestartOfTheCoordinatorIsSoonOver) {
  FailRound();
  ASSERT_TRUE(fleet_.AwaitSettled());
  for (int i = 0; i < 3; ++i) {
    fleet_.Kill(kCoordinator);
    const absl::Time start = absl::Now();
    fleet_.Start(kCoordinator);
    ASSERT_TRUE(fleet_.AwaitCurrent());
    std::printf(
        "figure: restart %d of the coordinator to all agents current: "
        "%.2f s\n",
        i + 1, absl::ToDoubleSeconds(absl::Now() - start));
  }
}

// It looks alive to the kernel, so only keep-alives tell.
TEST_F(FleetDeathsTest, ACoordinatorThatStandsStillIsNoticedAndLosesNothing) {
  FailRound();
  ASSERT_TRUE(fleet_.AwaitSettled());
  fleet_.Freeze(kCoordinator);
  FailRound();
  absl::Time start = absl::Now();
  EXPECT_TRUE(Eventually(
      [&] { return fleet_.Metric("mx1", "mxban_agent_connected") == 0; }));
  std::printf(
      "figure: a coordinator that stands still is noticed after %.1f s\n",
      absl::ToDoubleSeconds(absl::Now() - start));
  EXPECT_GT(fleet_.Metric("mx1", "mxban_agent_unacknowledged_failures"), 0);
  FailRound();
  fleet_.Thaw(kCoordinator);
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, AnAgentThatStandsStillHoldsUpNobodyAndCatchesUp) {
  fleet_.Freeze("mx3");
  for (int i = 0; i < 3; ++i) FailRound();
  // Two failures of three count; a third one makes the ban.
  fleet_.Fail("mx1", "203.0.113.50");
  fleet_.Fail("mx1", "203.0.113.50");
  fleet_.Fail("mx2", "203.0.113.50");
  for (const std::string server : {"mx1", "mx2"}) {
    EXPECT_TRUE(Eventually([&] {
      return fleet_.KernelBans(server).contains("203.0.113.50");
    })) << server;
  }
  EXPECT_TRUE(fleet_.KernelBans("mx3").empty());
  fleet_.Thaw("mx3");
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, MetricsTellOfWhatHappened) {
  FailRound();
  ASSERT_TRUE(fleet_.AwaitSettled());
  ASSERT_TRUE(fleet_.AwaitCurrent());
  EXPECT_EQ(
      fleet_.Metric(kCoordinator, "mxban_failures_total{jail=\"sendmail\"}"),
      5);
  EXPECT_EQ(
      fleet_.Metric(kCoordinator,
                    "mxban_failures_not_counted_total{reason=\"ignored\"}"),
      3);
  EXPECT_EQ(fleet_.Metric(kCoordinator, "mxban_agents{state=\"current\"}"), 3);
  fleet_.Kill("mx2");
  EXPECT_TRUE(Eventually([&] {
    return fleet_.Metric(kCoordinator, "mxban_agents{state=\"away\"}") == 1;
  }));
  fleet_.Kill(kCoordinator);
  EXPECT_TRUE(Eventually(
      [&] { return fleet_.Metric("mx1", "mxban_agent_connected") == 0; }));
  EXPECT_EQ(fleet_.Metric("mx1", "mxban_agent_bans"), 1);
  fleet_.Start(kCoordinator);
  EXPECT_TRUE(Eventually([&] {
    return fleet_.Metric("mx1", "mxban_agent_connections_total") == 2;
  }));
  EXPECT_EQ(
      fleet_.Metric(kCoordinator, "mxban_failures_total{jail=\"sendmail\"}"),
      -1)
      << "what was counted before is not counted again";
}

TEST_F(FleetDeathsTest, AnAgentAloneBansAndHandsItsBansOver) {
  fleet_.Kill(kCoordinator);
  ASSERT_TRUE(Eventually(
      [&] { return fleet_.Metric("mx1", "mxban_agent_connected") == 0; }));
  for (int i = 0; i < 3; ++i) fleet_.Fail("mx1", "203.0.113.50");
  EXPECT_TRUE(Eventually(
      [&] { return fleet_.KernelBans("mx1").contains("203.0.113.50"); }));
  EXPECT_FALSE(fleet_.KernelBans("mx2").contains("203.0.113.50"));
  fleet_.Start(kCoordinator);
  EXPECT_TRUE(Eventually(
      [&] { return fleet_.KernelBans("mx2").contains("203.0.113.50"); }));
  ExpectExactlyOnceSoon();
}

TEST_F(FleetDeathsTest, ABanOfAnAgentAloneOutlivesItsDeath) {
  fleet_.Kill(kCoordinator);
  ASSERT_TRUE(Eventually(
      [&] { return fleet_.Metric("mx1", "mxban_agent_connected") == 0; }));
  for (int i = 0; i < 3; ++i) fleet_.Fail("mx1", "203.0.113.50");
  ASSERT_TRUE(Eventually(
      [&] { return fleet_.KernelBans("mx1").contains("203.0.113.50"); }));
  fleet_.Kill("mx1");
  fleet_.Start("mx1");
  fleet_.Start(kCoordinator);
  ASSERT_TRUE(fleet_.AwaitCurrent(absl::Seconds(40)));
  EXPECT_TRUE(fleet_.KernelBans("mx1").contains("203.0.113.50"));
  ExpectExactlyOnceSoon();
}

}  // namespace
}  // namespace mxban
