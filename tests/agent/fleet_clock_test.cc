#include "agent/fleet_clock.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

class FleetClockTest : public testing::Test {
 protected:
  FakeClock own_;
  FleetClock clock_{own_};
};

TEST_F(FleetClockTest, IsOurOwnUntilTheCoordinatorIsHeard) {
  EXPECT_EQ(clock_.TimeNow(), own_.TimeNow());
  EXPECT_EQ(clock_.ahead(), absl::ZeroDuration());
}

TEST_F(FleetClockTest, ShowsWhatTheCoordinatorsShows) {
  for (const absl::Duration ahead :
       {absl::Hours(1), -absl::Hours(1), absl::Seconds(3),
        absl::Hours(24 * 366), FleetClock::kTolerance,
        -FleetClock::kTolerance}) {
    const absl::Time theirs = own_.TimeNow() + ahead;
    clock_.Learn(theirs);
    EXPECT_EQ(clock_.TimeNow(), theirs);
    EXPECT_EQ(clock_.ahead(), ahead);
    own_.Advance(absl::Minutes(5));
    EXPECT_EQ(clock_.TimeNow(), theirs + absl::Minutes(5));
  }
}

TEST_F(FleetClockTest, SmallDifferencesAreNone) {
  clock_.Learn(own_.TimeNow() + absl::Hours(1));
  for (const absl::Duration ahead :
       {absl::Milliseconds(1'999), -absl::Milliseconds(1'999)}) {
    clock_.Learn(own_.TimeNow() + ahead);
    EXPECT_EQ(clock_.TimeNow(), own_.TimeNow());
  }
}

TEST_F(FleetClockTest, OurOwnClockMayBeSet) {
  absl::Duration uptime = absl::Hours(100);
  clock_.NoticeSteps(uptime);
  const absl::Time theirs = own_.TimeNow() + absl::Hours(1);
  clock_.Learn(theirs);
  for (const absl::Duration step :
       {absl::Hours(3), -absl::Hours(4), FleetClock::kTolerance}) {
    own_.Advance(step);
    clock_.NoticeSteps(uptime);
    EXPECT_EQ(clock_.TimeNow(), theirs);
  }
}

TEST_F(FleetClockTest, TimeThatPassesIsNoStep) {
  absl::Duration uptime = absl::Hours(100);
  clock_.Learn(own_.TimeNow() + absl::Hours(1));
  clock_.NoticeSteps(uptime);
  for (int i = 0; i < 10; ++i) {
    own_.Advance(absl::Minutes(7) + absl::Milliseconds(i));
    uptime += absl::Minutes(7);
    clock_.NoticeSteps(uptime);
  }
  EXPECT_EQ(clock_.ahead(), absl::Hours(1)) << "nor is it if it is adjusted";
}

TEST_F(FleetClockTest, AStepBeforeTheCoordinatorIsHeardIsOneToo) {
  absl::Duration uptime = absl::Hours(100);
  clock_.NoticeSteps(uptime);
  const absl::Time now = own_.TimeNow();
  own_.Advance(-absl::Minutes(10));
  clock_.NoticeSteps(uptime);
  EXPECT_EQ(clock_.TimeNow(), now);
}

}  // namespace
}  // namespace mxban
