#include "agent/local_bans.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/local_bans_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(LocalBansTest, AloneABanIsImposedAtOnce) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 2);
  EXPECT_THAT(Refused(), IsEmpty());
  Fail(kAttacker, 1);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  const Ban ban = TheBan();
  EXPECT_EQ(ban.key, (BanKey{"jail", kAttacker}));
  EXPECT_EQ(ban.origin, BanOrigin::kLocal);
  EXPECT_EQ(ban.create_time, clock_.TimeNow());
  EXPECT_EQ(ban.expire_time, clock_.TimeNow() + absl::Hours(1));
  EXPECT_EQ(ban.failure_count, 3);
  EXPECT_EQ(ban.reason, "3 failures within 10m");
  EXPECT_THAT(ban.evidence, ElementsAre("evidence"));
  EXPECT_EQ(local_bans_->statistics().imposed, 1);
}

TEST_F(LocalBansTest, OneServerIsNeverSeveral) {
  jail_.min_servers = 2;
  local_bans_->SetAlone(true);
  Fail(kAttacker, 10);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LocalBansTest, ACoordinatorGetsItsTime) {
  Fail(kAttacker, 3);
  local_bans_->Step();
  clock_.Advance(LocalBans::kPatience - absl::Milliseconds(1));
  local_bans_->Step();
  EXPECT_THAT(Refused(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  local_bans_->Step();
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, WhatIsAcknowledgedInTimeIsTheCoordinatorsToBan) {
  Fail(kAttacker, 3);
  outbox_.Acknowledge("jail", "log", offset_);
  clock_.Advance(LocalBans::kPatience);
  local_bans_->Step();
  local_bans_->SetAlone(true);
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_EQ(local_bans_->statistics().imposed, 0);
}

TEST_F(LocalBansTest, TheFailureThatEarnedTheBanMustBeAcknowledged) {
  Fail(kAttacker, 3);
  outbox_.Acknowledge("jail", "log", offset_ - 1);
  outbox_.Acknowledge("jail", "other log", offset_);
  outbox_.Acknowledge("other", "log", offset_);
  clock_.Advance(LocalBans::kPatience);
  local_bans_->Step();
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, WhoIsLeftAloneWaitsNoLonger) {
  Fail(kAttacker, 3);
  EXPECT_THAT(Refused(), IsEmpty());
  local_bans_->SetAlone(true);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  local_bans_->SetAlone(false);
  Fail("203.0.113.31");
  Fail("203.0.113.31");
  Fail("203.0.113.31");
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, AClockThatIsSetBackPostponesNothing) {
  Fail(kAttacker, 3);
  clock_.Advance(-absl::Hours(1));
  local_bans_->Step();
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, FailuresOfSeveralLogsCountTogether) {
  local_bans_->SetAlone(true);
  Fail("203.0.113.30", {}, "a");
  Fail("203.0.113.31", {}, "a");
  Fail("203.0.113.30", {}, "b");
  EXPECT_THAT(Refused(), IsEmpty());
  Fail("203.0.113.30", {}, "c");
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, RightLoginsForgiveWhatTheirUserDid) {
  local_bans_->SetAlone(true);
  for (int i = 0; i < 2; ++i) Fail("203.0.113.30", {}, "log", "alice");
  LogIn("203.0.113.30", "alice");
  for (int i = 0; i < 5; ++i) Fail("203.0.113.30", {}, "log", "alice");
  for (int i = 0; i < 2; ++i) Fail("203.0.113.30", {}, "log", "bob");
  for (int i = 0; i < 2; ++i) Fail("203.0.113.31", {}, "log", "alice");
  EXPECT_THAT(Refused(), IsEmpty());
  Fail("203.0.113.31", {}, "log", "alice");
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.31")) << "elsewhere";
  Fail("203.0.113.30");
  EXPECT_THAT(Refused(), UnorderedElementsAre("203.0.113.30", "203.0.113.31"))
      << "nobody's";
}

TEST_F(LocalBansTest, ARightLoginIsGoodForGoodTime) {
  local_bans_->SetAlone(true);
  LogIn("203.0.113.30", "alice");
  Jail longer = jail_;
  longer.good_time = absl::Hours(30);
  clock_.Advance(absl::Hours(24));
  local_bans_->Step();
  jail_ = longer;
  for (int i = 0; i < 5; ++i) Fail("203.0.113.30", {}, "log", "alice");
  EXPECT_THAT(Refused(), IsEmpty()) << "the jail was changed";
  clock_.Advance(absl::Hours(6));
  for (int i = 0; i < 3; ++i) Fail("203.0.113.30", {}, "log", "alice");
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, OneLineCanTellEnough) {
  local_bans_->SetAlone(true);
  const Failure failure = {
      .source = kAttacker, .time = clock_.TimeNow(), .end_offset = 7};
  local_bans_->Count(jail_, "log", {failure, failure});
  local_bans_->Count(jail_, "log", {});
  EXPECT_THAT(Refused(), IsEmpty());
  local_bans_->Count(jail_, "other log", {failure, failure});
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, OnlyWhatLiesWithinAWindowCounts) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 2);
  clock_.Advance(absl::Minutes(10));
  local_bans_->Step();
  Fail(kAttacker, 2);
  EXPECT_THAT(Refused(), IsEmpty());
  Fail("203.0.113.30", absl::Minutes(10));
  EXPECT_THAT(Refused(), IsEmpty()) << "too old to count";
  Fail("203.0.113.30", absl::Minutes(10) - absl::Seconds(1));
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, ALineThatComesAgainCountsOnce) {
  local_bans_->SetAlone(true);
  FailAt("203.0.113.30", {}, "log", 100);
  FailAt("203.0.113.30", {}, "log", 200);
  for (int i = 0; i < 5; ++i) {
    FailAt("203.0.113.30", {}, "log", 100);
    FailAt("203.0.113.30", {}, "log", 200);
  }
  EXPECT_THAT(Refused(), IsEmpty());
  FailAt("203.0.113.30", {}, "other", 100);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, ALogThatIsForgottenIsAnotherOne) {
  local_bans_->SetAlone(true);
  FailAt("203.0.113.30", {}, "log", 100);
  FailAt("203.0.113.30", {}, "log", 200);
  local_bans_->ForgetLog("jail", "log");
  FailAt("203.0.113.30", {}, "log", 100);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, JailsCountForThemselves) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 2);
  Jail other = jail_;
  other.name = "other";
  const Failure failure = {.source = kAttacker,
                           .time = clock_.TimeNow(),
                           .end_offset = offset_ + 100};
  local_bans_->Count(other, "log", {failure});
  EXPECT_THAT(local_bans_->bans(), IsEmpty());
}

TEST_F(LocalBansTest, TheIgnoredAreNotCounted) {
  local_bans_->SetAlone(true);
  for (const char* source : {"192.0.2.3", "127.0.0.1", "::1", "fe80::1"}) {
    for (int i = 0; i < 5; ++i) Fail(source);
  }
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LocalBansTest, Ipv6IsCountedAndBannedByItsNetwork) {
  local_bans_->SetAlone(true);
  Fail("2001:db8:1:2::1");
  Fail("2001:db8:1:3::1");
  Fail("2001:db8:1:2:ffff::7");
  EXPECT_THAT(Refused(), IsEmpty());
  Fail("2001:db8:1:2::9");
  EXPECT_THAT(Refused(), ElementsAre("2001:db8:1:2::/64"));
}

TEST_F(LocalBansTest, OneFailureCanBeEnough) {
  local_bans_->SetAlone(true);
  jail_.max_retry = 1;
  Fail(kAttacker, 1);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, NewLimitsCountAfresh) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 2);
  jail_.max_retry = 2;
  Fail(kAttacker, 1);
  EXPECT_THAT(Refused(), IsEmpty());
  Fail(kAttacker, 1);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, ABanEndsByItself) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  clock_.Advance(absl::Hours(1) - absl::Seconds(1));
  local_bans_->Step();
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  clock_.Advance(absl::Seconds(1));
  local_bans_->Step();
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_THAT(local_bans_->bans(), IsEmpty());
}

TEST_F(LocalBansTest, WhoGoesOnIsBannedForLonger) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  clock_.Advance(absl::Minutes(30));
  Fail(kAttacker, 3);
  EXPECT_EQ(TheBan().expire_time, clock_.TimeNow() + absl::Hours(1));
  EXPECT_EQ(local_bans_->statistics().imposed, 1);
  clock_.Advance(absl::Minutes(40));
  local_bans_->Step();
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
}

TEST_F(LocalBansTest, TheirNumberIsBounded) {
  local_bans_->SetAlone(true);
  jail_.max_retry = 1;
  for (size_t i = 0; i < LocalBans::kMaxBans + 5; ++i) {
    Fail(
        IpNetwork::FromBytes(
            {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}, 32),
        1);
  }
  const LocalBans::Statistics statistics = local_bans_->statistics();
  EXPECT_EQ(statistics.bans, LocalBans::kMaxBans);
  EXPECT_EQ(statistics.imposed, LocalBans::kMaxBans);
  EXPECT_EQ(statistics.turned_away, 5);
  HandOver(1);
  Fail(kAttacker, 1);
  EXPECT_EQ(local_bans_->statistics().bans, LocalBans::kMaxBans - 999);
}

// Many at once, before anybody is asked.
TEST_F(LocalBansTest, WhatWaitsForItsVerdictIsBounded) {
  jail_.max_retry = 1;
  for (int i = 0; i < 10'005; ++i) {
    Fail(
        IpNetwork::FromBytes(
            {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}, 32),
        1);
  }
  EXPECT_EQ(local_bans_->statistics().bans, 5) << "the oldest are imposed";
}

TEST_F(LocalBansTest, TimesAreTheCoordinators) {
  for (const absl::Duration ahead : {absl::Hours(1), -absl::Hours(1)}) {
    fleet_clock_.Learn(clock_.TimeNow() + ahead);
    local_bans_.emplace(outbox_, enforcer_, fleet_clock_);
    local_bans_->SetAlone(true);
    Fail("203.0.113.30", absl::Minutes(10));  // By the server's own clock.
    Fail(kAttacker, 2);
    EXPECT_THAT(Refused(), IsEmpty());
    Fail("203.0.113.30", absl::Minutes(10) - absl::Seconds(1));
    const absl::Time theirs = clock_.TimeNow() + ahead;
    EXPECT_EQ(TheBan().create_time, theirs);
    EXPECT_EQ(TheBan().expire_time, theirs + absl::Hours(1));
    EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
    clock_.Advance(absl::Hours(1) - absl::Seconds(1));
    local_bans_->Step();
    EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
    clock_.Advance(absl::Seconds(1));
    local_bans_->Step();
    EXPECT_THAT(Refused(), IsEmpty());
  }
}

TEST_F(LocalBansTest, ABanRunsFromTheNewestFailure) {
  local_bans_->SetAlone(true);
  Fail("203.0.113.30", absl::Minutes(7));
  Fail("203.0.113.30", absl::Minutes(6));
  Fail("203.0.113.30", absl::Minutes(8));
  EXPECT_EQ(TheBan().expire_time,
            clock_.TimeNow() - absl::Minutes(6) + absl::Hours(1));
}

}  // namespace
}  // namespace mxban
