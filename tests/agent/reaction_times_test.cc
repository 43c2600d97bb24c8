#include "agent/reaction_times.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/jail.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

class ReactionTimesTest : public testing::Test, public LocalCounter {
 protected:
  void Count(const Jail&, const std::string&,
             const std::vector<Finding>& findings) override {
    handed_on_ += findings.size();
  }
  void ForgetLog(const std::string&, const std::string&) override {
    ++forgotten_;
  }

  void Fail(const std::string& source) {
    Failure failure;
    failure.source = IpNetwork::ParseOrDie(source);
    failure.end_offset = ++offset_;
    times_.Count(jail_, "log", {failure});
  }

  static v1::BanDelta Bans(const std::string& source) {
    v1::BanDelta delta;
    v1::StandingBan& ban = *delta.add_imposed();
    ban.set_jail("sendmail");
    ban.set_source(source);
    return delta;
  }

  uint64_t observed() const {
    return times_.seconds().Collect().histogram.sample_count;
  }
  double sum() const { return times_.seconds().Collect().histogram.sample_sum; }

  static Jail Sendmail() {
    Jail jail;
    jail.name = "sendmail";
    return jail;
  }

  const Jail jail_ = Sendmail();
  size_t handed_on_ = 0;
  int forgotten_ = 0;
  uint64_t offset_ = 0;
  absl::Duration uptime_ = absl::Hours(1);
  ReactionTimes times_{*this, [this] { return uptime_; }};
};

TEST_F(ReactionTimesTest, AreFromTheLastLineToTheKernel) {
  Fail("192.0.2.1");
  uptime_ += absl::Seconds(1);
  Fail("192.0.2.1");
  uptime_ += absl::Milliseconds(2);
  times_.OnDelta(Bans("192.0.2.1"), 7);
  times_.OnEnforced(6);
  EXPECT_EQ(observed(), 0) << "not yet";
  uptime_ += absl::Milliseconds(2);
  times_.OnEnforced(8);
  EXPECT_EQ(observed(), 1);
  EXPECT_NEAR(sum(), 0.004, 1e-9);
  times_.OnEnforced(9);
  EXPECT_EQ(observed(), 1) << "once";
}

TEST_F(ReactionTimesTest, ALineAfterTheBanDoesNotShortenThem) {
  Fail("192.0.2.1");
  times_.OnDelta(Bans("192.0.2.1"), 7);
  uptime_ += absl::Seconds(3);
  Fail("192.0.2.1");
  times_.OnEnforced(7);
  EXPECT_NEAR(sum(), 3, 1e-9);
}

TEST_F(ReactionTimesTest, ADeltaMayComeInParts) {
  Fail("192.0.2.1");
  times_.OnDelta(Bans("192.0.2.1"), 0);
  times_.OnEnforced(7);
  EXPECT_EQ(observed(), 0) << "of the revision before";
  times_.OnDelta(Bans("192.0.2.2"), 8);
  times_.OnEnforced(8);
  EXPECT_EQ(observed(), 1);
}

TEST_F(ReactionTimesTest, AnAddressIsBannedByItsNetwork) {
  Fail("2001:db8::1");
  times_.OnDelta(Bans("2001:db8::/64"), 7);
  times_.OnEnforced(7);
  EXPECT_EQ(observed(), 1);
}

TEST_F(ReactionTimesTest, BansOfOthersAreNotMeasured) {
  Fail("192.0.2.1");
  times_.OnDelta(Bans("192.0.2.2"), 7);
  times_.OnEnforced(7);
  EXPECT_EQ(observed(), 0);
}

TEST_F(ReactionTimesTest, ABanThatComesLaterIsOwedToAnotherLine) {
  Fail("192.0.2.1");
  times_.OnAcknowledged("sendmail", "log", offset_);
  Fail("192.0.2.2");
  uptime_ += ReactionTimes::kGrace;
  times_.OnDelta(Bans("192.0.2.1"), 7);
  times_.OnDelta(Bans("192.0.2.2"), 8);
  times_.OnEnforced(8);
  EXPECT_EQ(observed(), 1) << "whose line is not recorded yet";
}

TEST_F(ReactionTimesTest, TheAnswerMayComeBeforeTheBan) {
  Fail("192.0.2.1");
  times_.OnAcknowledged("sendmail", "log", offset_);
  times_.OnDelta(Bans("192.0.2.1"), 7);
  times_.OnEnforced(7);
  EXPECT_EQ(observed(), 1);
}

TEST_F(ReactionTimesTest, ALineThatWaitsForRoomIsMeasuredFromItsFirstTime) {
  Fail("192.0.2.1");
  uptime_ += absl::Seconds(3);
  --offset_;
  Fail("192.0.2.1");
  times_.OnDelta(Bans("192.0.2.1"), 7);
  times_.OnEnforced(7);
  EXPECT_NEAR(sum(), 3, 1e-9);
}

TEST_F(ReactionTimesTest, AFloodIsSampledAndMakesRoomAfterAMinute) {
  for (size_t i = 0; i < ReactionTimes::kMaxWatched; ++i) {
    Fail(absl::StrCat("192.0.", i / 256, ".", i % 256));
  }
  Fail("203.0.113.1");
  times_.OnDelta(Bans("203.0.113.1"), 7);
  times_.OnEnforced(7);
  EXPECT_EQ(observed(), 0) << "no room";

  uptime_ += ReactionTimes::kPatience;
  Fail("203.0.113.1");
  times_.OnDelta(Bans("203.0.113.1"), 8);
  times_.OnEnforced(8);
  EXPECT_EQ(observed(), 1);
}

TEST_F(ReactionTimesTest, AllIsHandedOn) {
  Fail("192.0.2.1");
  times_.Count(jail_, "log", {RightLogin()});
  times_.ForgetLog("sendmail", "log");
  EXPECT_EQ(handed_on_, 2);
  EXPECT_EQ(forgotten_, 1);
}

}  // namespace
}  // namespace mxban
