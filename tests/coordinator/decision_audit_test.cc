// That whatever the decision loop changes has a record with its cause.

#include "gmock/gmock.h"
#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DecisionAuditTest : public DecisionLoopTest {};

TEST_F(DecisionAuditTest, ACountedBanNamesItsLimit) {
  for (uint64_t i = 1; i <= 2; ++i) ASSERT_TRUE(Report("mx1", i).ok());
  EXPECT_THAT(AuditLog(), IsEmpty());
  ASSERT_TRUE(Report("mx1", 3).ok());
  EXPECT_THAT(
      AuditLog(),
      ElementsAre("mxban ban jail 203.0.113.30: 3 failures within 10m"));
}

TEST_F(DecisionAuditTest, OperatorsAreNamed) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  EXPECT_THAT(AuditLog(), ElementsAre("operator ban jail 203.0.113.30: ",
                                      "operator extend jail 203.0.113.30: ",
                                      "operator unban jail 203.0.113.30: "));
  EXPECT_EQ(store_->AuditAfter(1, 1)->front().time, clock_.TimeNow());
}

TEST_F(DecisionAuditTest, WhatChangesNothingHasNoRecord) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_FALSE(Pardon("198.51.100.1").ok());
  EXPECT_THAT(AuditLog(), ElementsAre("operator ban jail 203.0.113.30: "));
}

TEST_F(DecisionAuditTest, ABanHandedOverNamesItsServer) {
  ASSERT_TRUE(HandOver({LocalBan(), LocalBan("192.0.2.1")}).ok());
  EXPECT_THAT(AuditLog(),
              ElementsAre("mx1 ban jail 203.0.113.30: 3 failures within 10m"));
}

TEST_F(DecisionAuditTest, TheEndOfABanByItselfHasNoRecord) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  Wait(absl::Hours(9));
  EXPECT_FALSE(Standing().has_value());
  EXPECT_THAT(AuditLog(), ElementsAre("operator ban jail 203.0.113.30: "));
}

TEST_F(DecisionAuditTest, JailsNameWhoReplacedThem) {
  loop_->ReplaceJails(Jails(2), "ann", "jails in force: 1",
                      [](const absl::Status&) {});
  loop_->Record({.who = "ann", .action = "reload", .reason = "refused: why"});
  loop_->RunTurn();
  EXPECT_THAT(AuditLog(), ElementsAre("ann reload  : jails in force: 1",
                                      "ann reload  : refused: why"));
}

TEST_F(DecisionAuditTest, WhatDidNotHappenHasNoRecord) {
  store_->is_full_ = true;
  EXPECT_FALSE(Impose(kAttacker).ok());
  store_->is_full_ = false;
  loop_->RunTurn();
  EXPECT_THAT(AuditLog(), IsEmpty());
}

TEST_F(DecisionAuditTest, OldRecordsAreForgotten) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  Wait(absl::Hours(24 * 90));
  EXPECT_EQ(AuditLog().size(), 1);
  Wait(absl::Hours(1));
  EXPECT_THAT(AuditLog(), IsEmpty());
}

TEST_F(DecisionAuditTest, WhoLooksSeesWhatWasJustDecided) {
  BanRequest request = {"jail", IpNetwork::ParseOrDie(kAttacker)};
  loop_->ImposeBan(request, [](const absl::StatusOr<Ban>&) {});
  size_t bans = 0, records = 0;
  loop_->Inspect([&](const absl::StatusOr<DecisionLoop::View>& view) {
    ASSERT_TRUE(view.ok()) << view.status();
    bans = view->table.size();
    records = view->store.AuditPage({})->size();
  });
  loop_->RunTurn();
  EXPECT_EQ(bans, 1);
  EXPECT_EQ(records, 1);
}

TEST_F(DecisionAuditTest, WhoComesTooLateToLookIsTold) {
  loop_->Stop();
  absl::Status told;
  loop_->Inspect([&](const absl::StatusOr<DecisionLoop::View>& view) {
    told = view.status();
  });
  EXPECT_TRUE(absl::IsUnavailable(told)) << told;
}

}  // namespace
}  // namespace mxban
