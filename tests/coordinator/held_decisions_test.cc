// Decisions that a rail holds back, until an operator releases or drops them:
// through a DecisionLoop on a real store.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

class HeldDecisionsTest : public DecisionLoopTest {
 protected:
  HeldDecisionsTest() { Limit(2); }

  // Lets `rate` bans a minute stand.
  void Limit(uint32_t rate) {
    auto jails = std::make_shared<JailSet>(*Jails(3));
    jails->at("jail").max_ban_rate = rate;
    Replace(jails);
  }

  // As after kill -9 and a new start, with the same jails.
  void RestartLimited() {
    Restart();
    Limit(2);
  }

  // Three failures of one source, which make a ban.
  void FailEnough(const char* source) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Report("mx1", ++next_offset_, source).ok());
    }
  }

  // Bans as many sources as may be, and one that is held.
  void HoldOne() {
    FailEnough("203.0.113.1");
    FailEnough("203.0.113.2");
    FailEnough(kAttacker);
  }

  std::optional<HeldBan> HeldOf(const char* source = kAttacker) const {
    return loop_->held_bans().Find({"jail", IpNetwork::ParseOrDie(source)});
  }

  absl::StatusOr<uint64_t> Release(const HeldSelection& selection = {}) {
    std::optional<absl::StatusOr<uint64_t>> answer;
    loop_->ReleaseHeldBans(selection, "anna",
                           [&](auto count) { answer = std::move(count); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }

  absl::StatusOr<uint64_t> Drop(const HeldSelection& selection = {}) {
    std::optional<absl::StatusOr<uint64_t>> answer;
    loop_->DropHeldBans(selection, "anna",
                        [&](auto count) { answer = std::move(count); });
    loop_->RunTurn();
    return answer.value_or(absl::InternalError("no answer"));
  }
};

TEST_F(HeldDecisionsTest, WhatIsBeyondTheRateIsHeld) {
  HoldOne();
  EXPECT_EQ(table_->size(), 2);
  EXPECT_FALSE(Standing().has_value());
  const std::optional<HeldBan> held = HeldOf();
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->hold_reason,
            "maxbanrate: 2 bans were imposed within a minute, at most 2 are");
  EXPECT_EQ(held->ban.failure_count, 3);
  EXPECT_EQ(held->ban.servers, std::vector<std::string>{"mx1"});
  EXPECT_EQ(held->ban.evidence.size(), 3);
  const auto statistics = loop_->statistics();
  EXPECT_EQ(statistics.held_by_rail.at({"jail", "maxbanrate"}), 1);
}

TEST_F(HeldDecisionsTest, OneTurnKeepsTheRateToo) {
  for (int i = 0; i < 10; ++i) {
    for (int failure = 0; failure < 3; ++failure) {
      loop_->ReportFailures(
          ReportOf("mx1",
                   {"jail",
                    "log",
                    {{IpNetwork::ParseOrDie(absl::StrCat("203.0.113.", i)),
                      clock_.TimeNow(), ++next_offset_, ""}}}),
          [](const absl::StatusOr<uint64_t>&) {});
    }
  }
  loop_->RunTurn();
  EXPECT_EQ(table_->size(), 2);
  EXPECT_EQ(loop_->held_bans().size(), 8);
}

TEST_F(HeldDecisionsTest, AMinuteLaterBansStandAgain) {
  HoldOne();
  clock_.Advance(absl::Minutes(1));
  FailEnough("203.0.113.4");
  EXPECT_TRUE(Standing("203.0.113.4").has_value());
}

TEST_F(HeldDecisionsTest, TheRateSurvivesARestart) {
  FailEnough("203.0.113.1");
  FailEnough("203.0.113.2");
  RestartLimited();
  FailEnough(kAttacker);
  EXPECT_TRUE(HeldOf().has_value());
}

TEST_F(HeldDecisionsTest, WithoutALimitNothingIsHeld) {
  Limit(0);
  HoldOne();
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(HeldDecisionsTest, OperatorsAreNotHeldBackNorCounted) {
  ASSERT_TRUE(Impose("203.0.113.8").ok());
  ASSERT_TRUE(Impose("203.0.113.9").ok());
  HoldOne();
  EXPECT_EQ(table_->size(), 4);
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_TRUE(Standing().has_value());
  EXPECT_FALSE(HeldOf().has_value()) << "an operator has decided";
}

TEST_F(HeldDecisionsTest, AHeldSourceIsNotDecidedAgain) {
  HoldOne();
  EXPECT_TRUE(store_->Load()->failures.empty());
  clock_.Advance(absl::Minutes(5));
  FailEnough(kAttacker);
  EXPECT_FALSE(Standing().has_value()) << "though there is room again";
  EXPECT_EQ(HeldOf()->ban.failure_count, 6);
  EXPECT_EQ(HeldOf()->ban.evidence.size(), 6);
  EXPECT_EQ(loop_->held_bans().size(), 1);
}

TEST_F(HeldDecisionsTest, WhatIsHeldSurvivesARestart) {
  HoldOne();
  RestartLimited();
  EXPECT_EQ(HeldOf()->ban.evidence.size(), 3);
  EXPECT_EQ(*Release(), 1);
  RestartLimited();
  EXPECT_EQ(loop_->held_bans().size(), 0);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(HeldDecisionsTest, WhatIsHeldGoesWithItsTime) {
  HoldOne();
  Wait(absl::Hours(8));
  EXPECT_EQ(loop_->held_bans().size(), 0);
  EXPECT_TRUE(store_->Load()->held.empty());
}

TEST_F(HeldDecisionsTest, AReleasedBanStandsFromNowOn) {
  HoldOne();
  clock_.Advance(absl::Minutes(30));
  EXPECT_EQ(*Release({IpNetwork::ParseOrDie(kAttacker), "jail"}), 1);
  const std::optional<Ban> ban = Standing();
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->create_time, clock_.TimeNow());
  EXPECT_EQ(ban->expire_time, clock_.TimeNow() + absl::Hours(8));
  EXPECT_EQ(ban->origin, BanOrigin::kCounted);
  EXPECT_EQ(ban->evidence.size(), 3);
  EXPECT_EQ(ban->servers, std::vector<std::string>{"mx1"});
  EXPECT_FALSE(HeldOf().has_value());
}

TEST_F(HeldDecisionsTest, ADroppedBanIsForgiven) {
  HoldOne();
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(*Drop(), 1);
  EXPECT_FALSE(HeldOf().has_value());
  EXPECT_EQ(store_->Load()->pardons.size(), 1);
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  EXPECT_FALSE(Standing().has_value()) << "two and one are not three";
  Ban before = LocalBan();
  EXPECT_EQ(HandOver({before})->refused, std::vector<BanKey>{before.key});
}

TEST_F(HeldDecisionsTest, WhereNothingIsHeldThereIsNothingToRelease) {
  EXPECT_EQ(Release().status(), absl::NotFoundError("no ban is held"));
  EXPECT_EQ(Drop({IpNetwork::ParseOrDie(kAttacker), "jail"}).status(),
            absl::NotFoundError("no ban of 203.0.113.30 in jail jail is held"));
  HoldOne();
  EXPECT_EQ(Pardon(kAttacker),
            absl::NotFoundError("203.0.113.30 is not banned; a ban of it is "
                                "held, see mxbanctl held"));
}

TEST_F(HeldDecisionsTest, WhatIsNotDurableHasNotHappened) {
  HoldOne();
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Release().status()));
  EXPECT_TRUE(absl::IsUnavailable(Drop().status()));
  store_->is_full_ = false;
  EXPECT_TRUE(HeldOf().has_value());
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(*Release(), 1);
}

TEST_F(HeldDecisionsTest, ATurnThatFailsCountsForNoRate) {
  FailEnough("203.0.113.1");
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  ASSERT_TRUE(Report("mx1", ++next_offset_).ok());
  store_->is_full_ = true;
  EXPECT_FALSE(Report("mx1", ++next_offset_).ok());
  EXPECT_FALSE(Report("mx1", next_offset_).ok());
  store_->is_full_ = false;
  ASSERT_TRUE(Report("mx1", next_offset_).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(HeldDecisionsTest, ABanHandedOverIsHeldAndRefused) {
  FailEnough("203.0.113.1");
  FailEnough("203.0.113.2");
  const auto outcome = HandOver({LocalBan(), LocalBan("203.0.113.1")});
  EXPECT_EQ(outcome->refused, std::vector<BanKey>{LocalBan().key})
      << "the other one stands already";
  EXPECT_EQ(HeldOf()->ban.origin, BanOrigin::kLocal);
  EXPECT_EQ(HeldOf()->ban.servers, std::vector<std::string>{"mx1"});
  EXPECT_EQ(*Release(), 1);
  EXPECT_EQ(Standing()->origin, BanOrigin::kCounted);
}

TEST_F(HeldDecisionsTest, NothingWideIsHeldOrReleased) {
  HoldOne();
  EXPECT_EQ(HandOver({LocalBan("203.0.0.0/16")})->refused.size(), 1);
  EXPECT_EQ(loop_->held_bans().size(), 1);
  // A store may hold what an older version let through.
  StoreChange change;
  change.revision = table_->revision();
  change.held = {{LocalBan("198.51.0.0/16"), "maxbanrate"}};
  ASSERT_TRUE(store_->Commit(change).ok());
  RestartLimited();
  EXPECT_EQ(*Release(), 1);
  EXPECT_TRUE(Standing().has_value());
  EXPECT_FALSE(Standing("198.51.0.0/16").has_value());
  EXPECT_EQ(loop_->held_bans().size(), 0);
}

TEST_F(HeldDecisionsTest, APardonForgetsWhatIsHeldOfItsSource) {
  HoldOne();
  ASSERT_TRUE(Impose("203.0.113.0/24").ok());
  ASSERT_TRUE(Pardon("203.0.113.1").ok());
  EXPECT_TRUE(HeldOf().has_value()) << "another source";
  ASSERT_TRUE(Impose("203.0.113.0/24").ok());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  EXPECT_FALSE(HeldOf().has_value());
  EXPECT_THAT(AuditLog(), testing::Contains(testing::StartsWith(
                              "operator drop jail 203.0.113.30: maxbanrate")));
  // What happened before is forgiven, whoever tells it late.
  EXPECT_EQ(HandOver({LocalBan()})->refused.size(), 1);
  EXPECT_FALSE(HeldOf().has_value());
}

}  // namespace
}  // namespace mxban
