// What becomes of local bans: taken over, refused, kept for the next start.

#include <string>
#include <vector>

#include "agent/local_bans.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/local_bans_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(LocalBansTest, WhatIsTakenOverIsTheCoordinatorsFromItsRevisionOn) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  HandOver(2);
  EXPECT_THAT(local_bans_->bans(), IsEmpty());
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30")) << "nothing is told yet";
  Tell({{{"jail", kAttacker}, clock_.TimeNow() + absl::Hours(2)}}, 2);
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  Tell({}, 3);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LocalBansTest, WhatTheCoordinatorDoesNotWantIsLifted) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  HandOver(1, {{"jail", kAttacker}});
  EXPECT_THAT(local_bans_->bans(), IsEmpty());
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LocalBansTest, OneThatWasExtendedMeanwhileIsHandedOverAgain) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  const std::vector<Ban> on_their_way = local_bans_->ToHandOver(10);
  clock_.Advance(absl::Minutes(1));
  Fail(kAttacker, 3);
  local_bans_->HandedOver(on_their_way, "history", 1, {});
  EXPECT_EQ(TheBan().expire_time, clock_.TimeNow() + absl::Hours(1));
  EXPECT_THAT(Refused(), ElementsAre("203.0.113.30"));
  HandOver(1);
  EXPECT_THAT(local_bans_->bans(), IsEmpty());
}

TEST_F(LocalBansTest, AnswersToWhatIsGoneChangeNothing) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  const std::vector<Ban> bans = local_bans_->ToHandOver(10);
  clock_.Advance(absl::Hours(2));
  local_bans_->Step();
  local_bans_->HandedOver(bans, "history", 1, {});
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(LocalBansTest, BansAreHandedOverInParts) {
  local_bans_->SetAlone(true);
  for (int i = 1; i <= 7; ++i) {
    Fail(IpNetwork::ParseOrDie("198.51.100." + std::to_string(i)), 3);
  }
  std::vector<size_t> parts;
  for (auto bans = local_bans_->ToHandOver(3); !bans.empty();
       bans = local_bans_->ToHandOver(3)) {
    parts.push_back(bans.size());
    local_bans_->HandedOver(bans, "history", 5, {});
  }
  EXPECT_THAT(parts, ElementsAre(3, 3, 1));
  EXPECT_EQ(Refused().size(), 7);
}

TEST_F(LocalBansTest, WhatWasImposedStandsAgainAfterARestart) {
  local_bans_->SetAlone(true);
  Fail(kAttacker, 3);
  clock_.Advance(absl::Minutes(50));
  Fail(IpNetwork::ParseOrDie("203.0.113.31"), 3);
  const std::vector<Ban> saved = local_bans_->bans();
  EXPECT_EQ(saved.size(), 2);

  clock_.Advance(absl::Minutes(10));
  FakeFirewall firewall;
  Enforcer enforcer(firewall, fleet_clock_, {});
  LocalBans restarted(outbox_, enforcer, fleet_clock_);
  restarted.Load(saved);
  enforcer.SetJails({jail_});
  enforcer.AddSnapshotPart({{}, true, true}, "history", 1);
  enforcer.Step();
  const FirewallState state =
      *firewall.Inspect(InspectDepth::kRulesAndBans, clock_.TimeNow());
  EXPECT_EQ(state.at("jail").bans.size(), 1) << "one of them is over";
  ASSERT_EQ(restarted.bans().size(), 1);
  EXPECT_EQ(restarted.bans()[0].key.source.ToString(), "203.0.113.31");
  EXPECT_EQ(restarted.bans()[0].reason, saved[1].reason);
  EXPECT_EQ(restarted.ToHandOver(10).size(), 1);
}

TEST_F(LocalBansTest, PermanentBansStayPermanent) {
  local_bans_->SetAlone(true);
  jail_.ban_time = absl::InfiniteDuration();
  Fail(kAttacker, 3);
  EXPECT_EQ(TheBan().expire_time, absl::InfiniteFuture());
  const std::vector<Ban> bans = local_bans_->ToHandOver(10);
  Fail(kAttacker, 3);
  local_bans_->HandedOver(bans, "history", 1, {});
  EXPECT_THAT(local_bans_->bans(), IsEmpty()) << "nothing is longer";
}

}  // namespace
}  // namespace mxban
