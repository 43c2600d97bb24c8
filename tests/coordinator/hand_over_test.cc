// Bans that a server has imposed alone, and what operators have pardoned
// meanwhile: DecisionLoop::HandOverBans().

#include <string>
#include <utility>
#include <vector>

#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

using HandOverTest = DecisionLoopTest;

TEST_F(HandOverTest, ALocalBanBecomesTheFleets) {
  const uint64_t before = table_->revision();
  const auto outcome = HandOver({LocalBan()});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->refused.empty());
  EXPECT_EQ(outcome->revision, before + 1);
  EXPECT_EQ(table_->revision(), before + 1);
  Restart();
  const std::optional<Ban> ban = Standing();
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->origin, BanOrigin::kLocal);
  EXPECT_EQ(ban->create_time, LocalBan().create_time);
  EXPECT_EQ(ban->expire_time, LocalBan().expire_time);
  EXPECT_EQ(ban->servers, std::vector<std::string>{"mx1"});
  EXPECT_EQ(ban->evidence, LocalBan().evidence);
  EXPECT_EQ(ban->failure_count, 3);
  EXPECT_EQ(ban->revision, before + 1);
}

TEST_F(HandOverTest, WhatMayNotStandIsNotTakenOver) {
  Ban gone = LocalBan();
  gone.key.jail = "gone";
  Ban over = LocalBan("203.0.113.31");
  over.expire_time = clock_.TimeNow();
  const Ban ignored = LocalBan("192.0.2.7");
  const Ban wide = LocalBan("203.0.0.0/16");
  const auto outcome = HandOver({gone, LocalBan(), over, ignored, wide});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->refused,
            (std::vector<BanKey>{gone.key, over.key, ignored.key, wide.key}));
  EXPECT_EQ(table_->size(), 1);
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(HandOverTest, ALocalBanHandedOverAgainChangesNothing) {
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  const Ban ban = *Standing();
  const auto again = HandOver({LocalBan()});
  EXPECT_TRUE(again->refused.empty());
  EXPECT_EQ(again->revision, ban.revision);
  EXPECT_EQ(table_->revision(), ban.revision);
  EXPECT_EQ(Standing()->failure_count, 3);
}

TEST_F(HandOverTest, ALocalBanExtendsOneThatStandsNeverShortens) {
  Ban local = LocalBan();
  ASSERT_TRUE(Impose(kAttacker).ok());
  const absl::Time end = Standing()->expire_time;
  ASSERT_TRUE(HandOver({local}).ok());
  EXPECT_EQ(Standing()->expire_time, end);
  clock_.Advance(absl::Hours(2));
  local.expire_time = absl::InfiniteFuture();
  ASSERT_TRUE(HandOver({local}).ok());
  EXPECT_EQ(Standing()->expire_time, clock_.TimeNow() + absl::Hours(8));
  EXPECT_EQ(Standing()->origin, BanOrigin::kOperator);
}

TEST_F(HandOverTest, ALocalBanIsHeldAgainstItsSourceOnce) {
  Replace(EscalatingJails(false));
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  Wait(absl::Hours(7));
  EXPECT_EQ(FailUntilBanned(), std::make_pair(2, absl::Hours(16)));
  EXPECT_EQ(Standing()->previous_ban_count, 1);
}

TEST_F(HandOverTest, ALocalBanEndsWhatWasCounted) {
  ASSERT_TRUE(Report("mx1", 100).ok());
  ASSERT_TRUE(Report("mx1", 200).ok());
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  EXPECT_TRUE(store_->Load()->failures.empty());
  ASSERT_TRUE(Report("mx1", 300).ok());
  EXPECT_EQ(Standing()->expire_time, LocalBan().expire_time)
      << "two and one are not three";
}

TEST_F(HandOverTest, FailuresThatAreToldLaterExplainTheBan) {
  ASSERT_TRUE(HandOver({LocalBan()}).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Report("mx2", ++next_offset_).ok());
  EXPECT_EQ(Standing()->origin, BanOrigin::kLocal);
  EXPECT_EQ(Standing()->servers, std::vector<std::string>{"mx2"});
  EXPECT_EQ(Standing()->evidence, std::vector<std::string>(3, "mx2 saw it"));
}

TEST_F(HandOverTest, EveryoneInATurnIsToldItsRevision) {
  const uint64_t before = table_->revision();
  std::vector<uint64_t> revisions;
  const auto told = [&](const absl::StatusOr<DecisionLoop::HandedOver>& done) {
    revisions.push_back(done.ok() ? done->revision : 0);
  };
  loop_->HandOverBans("mx1", {LocalBan()}, told);
  loop_->HandOverBans("mx2", {}, told);
  loop_->ImposeBan({"jail", IpNetwork::ParseOrDie("203.0.113.31")},
                   [](const absl::StatusOr<Ban>&) {});
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "", "operator",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  loop_->HandOverBans("mx2", {LocalBan("203.0.113.32")}, told);
  loop_->RunTurn();
  EXPECT_EQ(revisions, std::vector<uint64_t>(3, before + 1));
  EXPECT_EQ(table_->revision(), before + 1);
  EXPECT_FALSE(Standing().has_value()) << "pardoned in the same turn";
  EXPECT_EQ(table_->size(), 2);
}

TEST_F(HandOverTest, AHandOverThatIsNotDurableHasNotHappened) {
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(HandOver({LocalBan()}).status()));
  EXPECT_FALSE(Standing().has_value());
  store_->is_full_ = false;
  EXPECT_TRUE(HandOver({LocalBan()}).ok());
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(HandOverTest, APardonBeatsABanFromBeforeIt) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const Ban before = LocalBan();
  ASSERT_TRUE(Pardon(kAttacker).ok());
  EXPECT_EQ(HandOver({before})->refused, std::vector<BanKey>{before.key});
  Restart();
  EXPECT_EQ(HandOver({before})->refused, std::vector<BanKey>{before.key});
  Ban after = LocalBan();
  after.create_time = clock_.TimeNow();
  EXPECT_TRUE(HandOver({after})->refused.empty());
}

TEST_F(HandOverTest, APardonBeatsABanOfTheSameTurn) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  loop_->PardonBans(IpNetwork::ParseOrDie(kAttacker), "", "operator",
                    [](const absl::StatusOr<std::vector<Ban>>&) {});
  EXPECT_EQ(HandOver({LocalBan()})->refused.size(), 1);
  EXPECT_FALSE(Standing().has_value());
}

TEST_F(HandOverTest, APardonBeatsFailuresThatAreToldLater) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  const absl::Time before = clock_.TimeNow();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Pardon(kAttacker).ok());
  Restart();
  FailureBatch late = {"jail", "log", {}};
  for (uint64_t offset = 1; offset < 10; ++offset) {
    late.failures.push_back(
        {IpNetwork::ParseOrDie(kAttacker), before, offset, ""});
  }
  loop_->ReportFailures(ReportOf("mx9", late),
                        [](const absl::StatusOr<uint64_t>&) {});
  loop_->RunTurn();
  EXPECT_FALSE(Standing().has_value());
  EXPECT_EQ(loop_->statistics().intake.pardoned, 9);
}

TEST_F(HandOverTest, APardonThatIsNotDurableForgivesNothing) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  clock_.Advance(absl::Minutes(1));
  store_->is_full_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Pardon(kAttacker)));
  store_->is_full_ = false;
  EXPECT_TRUE(HandOver({LocalBan()})->refused.empty());
}

TEST_F(HandOverTest, PardonsAreForgottenAfterAWeek) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  Wait(absl::Hours(7 * 24));
  EXPECT_EQ(store_->Load()->pardons.size(), 1);
  Wait(absl::Minutes(1));
  EXPECT_TRUE(store_->Load()->pardons.empty());
}

}  // namespace
}  // namespace mxban
