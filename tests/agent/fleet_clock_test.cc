#include "agent/fleet_clock.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

class FleetClockTest : public testing::Test {
 protected:
  // Time passes; our own clock is not set.
  void Pass(absl::Duration time) {
    own_.Advance(time);
    uptime_ += time;
  }

  FakeClock own_;
  absl::Duration uptime_ = absl::Hours(100);
  FleetClock clock_{own_, [this] { return uptime_; }};
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
    Pass(absl::Minutes(5));
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
  const absl::Time theirs = own_.TimeNow() + absl::Hours(1);
  clock_.Learn(theirs);
  for (const absl::Duration step :
       {absl::Hours(3), -absl::Hours(4), FleetClock::kTolerance}) {
    own_.Advance(step);
    EXPECT_EQ(clock_.TimeNow(), theirs);
  }
}

TEST_F(FleetClockTest, AnAdjustmentIsNoStep) {
  clock_.Learn(own_.TimeNow() + absl::Hours(1));
  for (int i = 0; i < 10; ++i) {
    Pass(absl::Minutes(7));
    own_.Advance(absl::Milliseconds(i));
    EXPECT_EQ(clock_.ahead(), absl::Hours(1));
  }
}

TEST_F(FleetClockTest, AStepBeforeTheCoordinatorIsHeardIsOneToo) {
  const absl::Time now = own_.TimeNow();
  own_.Advance(-absl::Minutes(10));
  EXPECT_EQ(clock_.TimeNow(), now);
}

TEST_F(FleetClockTest, WithoutUptimeOurOwnClockIsBelieved) {
  FleetClock clock(own_);
  own_.Advance(absl::Hours(1));
  EXPECT_EQ(clock.TimeNow(), own_.TimeNow());
}

}  // namespace
}  // namespace mxban
