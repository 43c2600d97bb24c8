#include "agent/enforcer.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/enforcer_fixture.h"

namespace mxban {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;
using testing::UnorderedElementsAreArray;

TEST_F(EnforcerTest, EnforcesTheSnapshotAndSaysSo) {
  Begin({Ban(kAttacker), Ban(kOther)});
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker, kOther));
  ASSERT_EQ(reports_.size(), 1);
  EXPECT_EQ(reports_[0].history_id, "history");
  EXPECT_EQ(reports_[0].revision, 1);
  EXPECT_EQ(reports_[0].status, absl::OkStatus());
}

TEST_F(EnforcerTest, DeltasAddAndLift) {
  Begin({Ban(kAttacker)});
  enforcer_.ApplyDelta({{Ban(kOther)}, {{"jail", kAttacker}}}, 2);
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kOther));
  EXPECT_EQ(reports_.back().revision, 2);
}

TEST_F(EnforcerTest, ADryRunEnforcesNothingFromThatMomentOn) {
  Begin({Ban(kAttacker)});
  Jail jail = SomeJail();
  jail.dry_run = true;
  enforcer_.SetJails({jail, SomeJail("other")});
  enforcer_.Step();
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_EQ(enforcer_.statistics().bans, 0);
  enforcer_.ApplyDelta({{Ban(kOther), {{"other", kOther}}}, {}}, 2);
  enforcer_.Step();
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_THAT(Refused("other"), UnorderedElementsAre(kOther));
  EXPECT_EQ(reports_.back().revision, 2) << "nothing is missing";
  clock_.Advance(absl::Seconds(1));
  enforcer_.Step();
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
  enforcer_.SetJails({SomeJail(), SomeJail("other")});
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker, kOther));
  EXPECT_EQ(enforcer_.statistics().bans, 3);
}

TEST_F(EnforcerTest, ADryRunEnforcesNoBanOfItsOwnEither) {
  Jail jail = SomeJail();
  jail.dry_run = true;
  enforcer_.SetJails({jail});
  enforcer_.AddSnapshotPart({{}, true, true}, "history", 1);
  enforcer_.Step();
  enforcer_.ImposeLocally(Ban(kAttacker));
  enforcer_.Step();
  EXPECT_THAT(Refused(), IsEmpty());
  enforcer_.SetJails({SomeJail()});
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
}

TEST_F(EnforcerTest, LeavesTheKernelAloneUntilItKnowsEverything) {
  Begin({Ban(kAttacker)});
  const int calls = firewall_.apply_calls();
  Enforcer restarted(firewall_, clock_, {});
  restarted.Step();
  restarted.SetJails({SomeJail()});
  restarted.Step();
  restarted.AddSnapshotPart({{}, true, false}, "history", 0);
  restarted.Step();
  EXPECT_EQ(firewall_.apply_calls(), calls);
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
}

TEST_F(EnforcerTest, ARestartAdoptsWhatStands) {
  const std::vector<IpNetwork> never_ban = {
      IpNetwork::ParseOrDie("192.0.2.0/24")};
  Begin({Ban(kAttacker)});
  const int calls = firewall_.apply_calls();
  Enforcer restarted(firewall_, clock_, never_ban);
  restarted.SetJails({SomeJail()});
  restarted.AddSnapshotPart({{Ban(kAttacker)}, true, true}, "history", 1);
  restarted.Step();
  EXPECT_EQ(firewall_.apply_calls(), calls) << "nothing differs";
  EXPECT_EQ(restarted.statistics().enforced_revision, 1);
}

TEST_F(EnforcerTest, ARestartLiftsWhatIsNoLongerWanted) {
  Begin({Ban(kAttacker), Ban(kOther)});
  Enforcer restarted(firewall_, clock_, {});
  restarted.SetJails({SomeJail()});
  restarted.AddSnapshotPart({{Ban(kOther)}, true, true}, "history", 9);
  restarted.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kOther));
}

TEST_F(EnforcerTest, ASnapshotInPartsIsEnforcedWhenComplete) {
  Begin();
  enforcer_.AddSnapshotPart({{Ban(kAttacker)}, true, false}, "history", 0);
  enforcer_.Step();
  EXPECT_THAT(Refused(), IsEmpty());
  enforcer_.AddSnapshotPart({{Ban(kOther)}, false, true}, "history", 5);
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker, kOther));
}

TEST_F(EnforcerTest, BansEndByOurClockToo) {
  Begin({Ban(kAttacker, absl::Minutes(1))});
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  clock_.Advance(absl::Minutes(1));
  enforcer_.Step();
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerTest, AnErrorIsReportedAndTheNextTryReconciles) {
  Begin();
  firewall_.FailOnce(absl::ResourceExhaustedError("set full"));
  enforcer_.ApplyDelta({{Ban(kAttacker)}, {}}, 2);
  enforcer_.Step();
  EXPECT_EQ(reports_.back().revision, 1);
  EXPECT_EQ(reports_.back().status, absl::ResourceExhaustedError("set full"));
  clock_.Advance(absl::Seconds(1));
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  EXPECT_EQ(reports_.back().revision, 2);
  EXPECT_EQ(reports_.back().status, absl::OkStatus());
}

TEST_F(EnforcerTest, NewsAreWorthATryAtOnce) {
  Begin();
  firewall_.FailOnce(absl::UnavailableError("lock held"));
  enforcer_.ApplyDelta({{Ban(kAttacker)}, {}}, 2);
  enforcer_.Step();
  enforcer_.ApplyDelta({{Ban(kOther)}, {}}, 3);
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker, kOther));
}

TEST_F(EnforcerTest, WhatIsNeverBannedHereIsNot) {
  const IpNetwork ours = IpNetwork::ParseOrDie("192.0.2.7");
  Begin({Ban(ours), Ban(kAttacker)});
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  EXPECT_EQ(enforcer_.statistics().spared, 1);
  EXPECT_EQ(enforcer_.statistics().bans, 1);
  EXPECT_EQ(reports_.back().status, absl::OkStatus());
}

TEST_F(EnforcerTest, IgnoredAndNeverBannedNetworksAreAllowedInTheKernel) {
  Jail jail = SomeJail();
  jail.ignored_networks = {IpNetwork::ParseOrDie("198.51.100.1")};
  enforcer_.SetJails({jail});
  enforcer_.AddSnapshotPart({{}, true, true}, "history", 1);
  enforcer_.Step();
  const FirewallState state =
      *firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow());
  EXPECT_THAT(state.at("jail").rules.allowed,
              UnorderedElementsAre(IpNetwork::ParseOrDie("192.0.2.0/24"),
                                   IpNetwork::ParseOrDie("198.51.100.1")));
}

TEST_F(EnforcerTest, WhatIsNeverBannedMayChangeMeanwhile) {
  const IpNetwork relay = IpNetwork::ParseOrDie("192.0.2.7");
  Begin({Ban(relay), Ban(kAttacker)});
  enforcer_.SetNeverBan({kAttacker});
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(relay));
  EXPECT_EQ(enforcer_.statistics().bans, 1);
  EXPECT_EQ(enforcer_.statistics().spared, 1);
  const FirewallState state =
      *firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow());
  EXPECT_THAT(state.at("jail").rules.allowed, UnorderedElementsAre(kAttacker));
  // Nothing was damaged, so nothing is repaired.
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
  enforcer_.ApplyDelta({{}, {{"jail", kAttacker}, {"jail", relay}}}, 2);
  enforcer_.Step();
  EXPECT_EQ(enforcer_.statistics().bans, 0);
}

TEST_F(EnforcerTest, AJailThatIsGoneTakesItsRulesWithIt) {
  Begin({Ban(kAttacker)});
  enforcer_.SetJails({SomeJail("other")});
  enforcer_.Step();
  const FirewallState state =
      *firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow());
  EXPECT_FALSE(state.contains("jail"));
  EXPECT_TRUE(state.contains("other"));
}

TEST_F(EnforcerTest, OtherPortsAreEnforcedWithTheBansStanding) {
  Begin({Ban(kAttacker)});
  Jail jail = SomeJail();
  jail.enforcement.ports = {{587, 587}};
  enforcer_.SetJails({jail});
  enforcer_.Step();
  const FirewallState state =
      *firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow());
  EXPECT_EQ(state.at("jail").rules.ports, jail.enforcement.ports);
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
}

TEST_F(EnforcerTest, RemembersWhatItHolds) {
  EXPECT_EQ(enforcer_.held_revision().second, 0);
  Begin();
  EXPECT_EQ(enforcer_.held_revision(),
            (std::pair<std::string, uint64_t>("history", 1)));
}

TEST_F(EnforcerTest, TheThreadRepairsWithoutTheClockMoving) {
  Begin({Ban(kAttacker)});
  firewall_.FlushedByOperator();
  enforcer_.Start();
  enforcer_.OnFirewallChanged();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (enforcer_.statistics().repairs == 0 && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  enforcer_.Stop();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
}

TEST_F(EnforcerTest, TheThreadEnforcesWithoutBeingPolled) {
  absl::Mutex mutex;
  uint64_t revision = 0;
  enforcer_.SetReportCallback([&](const Enforcer::Report& report) {
    absl::MutexLock lock(&mutex);
    revision = report.revision;
  });
  enforcer_.Start();
  enforcer_.SetJails({SomeJail()});
  enforcer_.AddSnapshotPart({{Ban(kAttacker)}, true, true}, "history", 7);
  {
    absl::MutexLock lock(&mutex);
    const auto is_enforced = [&] { return revision == 7; };
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&is_enforced),
                                       absl::Seconds(10)));
  }
  enforcer_.Stop();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
}

// Unless the thread is at it just then, so not each of them need be.
TEST_F(EnforcerTest, WhoeverBringsAFewBansEnforcesThem) {
  Begin();
  std::atomic<int> enforced_here = 0;
  std::atomic<uint64_t> revision = 0;
  enforcer_.SetReportCallback(
      [&, here = std::this_thread::get_id()](const Enforcer::Report& report) {
        enforced_here += std::this_thread::get_id() == here;
        revision = report.revision;
      });
  enforcer_.Start();
  std::vector<IpNetwork> sources;
  for (uint8_t i = 1; i <= 100; ++i) {
    sources.push_back(IpNetwork::FromBytes({203, 0, 113, i}, 32));
    enforcer_.ApplyDelta({{Ban(sources.back())}, {}}, 1 + i);
  }
  enforcer_.Stop();
  enforcer_.Step();
  EXPECT_GT(enforced_here, 0);
  EXPECT_EQ(revision, 101);
  EXPECT_THAT(Refused(), UnorderedElementsAreArray(sources));
}

}  // namespace
}  // namespace mxban
