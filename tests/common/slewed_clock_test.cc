#include "common/slewed_clock.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

class SlewedClockTest : public testing::Test {
 protected:
  void Pass(absl::Duration time) {
    wall_.Advance(time);
    uptime_ += time;
  }

  FakeClock wall_;
  absl::Duration uptime_ = absl::Hours(5);
  SlewedClock clock_{wall_, [this] { return uptime_; }};
};

TEST_F(SlewedClockTest, ShowsWhatTheWallClockShows) {
  EXPECT_EQ(clock_.TimeNow(), wall_.TimeNow());
  Pass(absl::Minutes(7));
  EXPECT_EQ(clock_.TimeNow(), wall_.TimeNow());
}

TEST_F(SlewedClockTest, NeverGoesBack) {
  const absl::Time before = clock_.TimeNow();
  wall_.Advance(-absl::Hours(1));
  EXPECT_EQ(clock_.TimeNow(), before);
  Pass(absl::Seconds(10));
  EXPECT_EQ(clock_.TimeNow(), before + absl::Seconds(9));
}

TEST_F(SlewedClockTest, DoesNotJumpAhead) {
  const absl::Time before = clock_.TimeNow();
  wall_.Advance(absl::Hours(1));
  EXPECT_EQ(clock_.TimeNow(), before);
  Pass(absl::Seconds(10));
  EXPECT_EQ(clock_.TimeNow(), before + absl::Seconds(11));
}

TEST_F(SlewedClockTest, AgreesInTheEndHoweverOftenItIsAsked) {
  for (const absl::Duration step : {absl::Minutes(6), -absl::Minutes(6)}) {
    wall_.Advance(step);
    for (int i = 0; i < 60; ++i) {
      EXPECT_NE(clock_.TimeNow(), wall_.TimeNow());
      Pass(absl::Minutes(1));
    }
    EXPECT_EQ(clock_.TimeNow(), wall_.TimeNow());
  }
}

TEST_F(SlewedClockTest, UptimePasses) {
  const absl::Duration before = Uptime();
  EXPECT_GT(before, absl::ZeroDuration());
  EXPECT_GE(Uptime(), before);
}

}  // namespace
}  // namespace mxban
