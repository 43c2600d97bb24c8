// What becomes of a firewall that others have changed.

#include "agent/enforcer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/enforcer_fixture.h"

namespace mxban {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

using EnforcerRepairTest = EnforcerTest;

TEST_F(EnforcerRepairTest, RepairsWhatAnOperatorFlushed) {
  Begin({Ban(kAttacker)});
  firewall_.FlushedByOperator();
  clock_.Advance(absl::Seconds(1));
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  EXPECT_EQ(enforcer_.statistics().repairs, 1);
}

TEST_F(EnforcerRepairTest, ItsOwnNewBansAreNoDamage) {
  Begin();
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(absl::Seconds(1));
    enforcer_.ApplyDelta({{Ban(IpNetwork::FromBytes(
                              {203, 0, 113, static_cast<uint8_t>(i)}, 32))},
                          {}},
                         2 + i);
    enforcer_.Step();
  }
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
}

TEST_F(EnforcerRepairTest, RepairsAJumpThatWasMoved) {
  Begin({Ban(kAttacker)});
  firewall_.DamagedByOperator("jail");
  clock_.Advance(absl::Seconds(1));
  enforcer_.Step();
  EXPECT_TRUE(firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow())
                  ->at("jail")
                  .intact);
}

TEST_F(EnforcerRepairTest, NewsOfDamageAreLookedIntoAtOnce) {
  Begin({Ban(kAttacker)});
  firewall_.DamagedByOperator("jail");
  enforcer_.OnFirewallChanged();
  enforcer_.Step();
  EXPECT_TRUE(firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow())
                  ->at("jail")
                  .intact);
  EXPECT_EQ(enforcer_.statistics().repairs, 1);
}

TEST_F(EnforcerRepairTest, NewsOfDamageAreLookedIntoOnceASecond) {
  Begin({Ban(kAttacker)});
  enforcer_.OnFirewallChanged();
  enforcer_.Step();
  firewall_.FlushedByOperator();
  const int calls = firewall_.inspect_calls();
  for (int i = 0; i < 9; ++i) {
    clock_.Advance(absl::Milliseconds(100));
    enforcer_.OnFirewallChanged();
    EXPECT_LE(enforcer_.Step(), clock_.TimeNow() + absl::Seconds(1));
  }
  EXPECT_EQ(firewall_.inspect_calls(), calls);
  clock_.Advance(absl::Milliseconds(100));
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker))
      << "not forgotten meanwhile";
  EXPECT_EQ(enforcer_.statistics().repairs, 1);
}

TEST_F(EnforcerRepairTest, NewsOfNothingMendNothing) {
  Begin({Ban(kAttacker)});
  const int calls = firewall_.apply_calls();
  for (int i = 0; i < 5; ++i) {
    enforcer_.OnFirewallChanged();
    clock_.Advance(absl::Seconds(1));
    enforcer_.Step();
  }
  EXPECT_EQ(firewall_.apply_calls(), calls);
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
}

TEST_F(EnforcerRepairTest, NewsBeforeTheFirstSetTouchNothing) {
  enforcer_.OnFirewallChanged();
  enforcer_.Step();
  EXPECT_EQ(firewall_.inspect_calls(), 0);
  Begin({Ban(kAttacker)});
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
}

// Where counting bans would mean to read them all, news lead to it.
TEST_F(EnforcerRepairTest, NewsLeadToABanThatIsMissing) {
  firewall_.MakeCountsCostly();
  Begin({Ban(kAttacker), Ban(kOther)});
  firewall_.LiftedByOperator("jail", kOther, clock_.TimeNow());
  clock_.Advance(absl::Seconds(1));
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker));
  enforcer_.OnFirewallChanged();
  enforcer_.Step();
  EXPECT_THAT(Refused(), UnorderedElementsAre(kAttacker, kOther));
  EXPECT_EQ(enforcer_.statistics().repairs, 1);
}

// Somebody tries a backend out while the agent runs; what a try that was killed
// has left goes with the next start.
TEST_F(EnforcerRepairTest, AProbeIsLeftAloneButAtTheStart) {
  const FirewallChanges probe = {
      .jails = {{.name = "probe.1", .ports = {{9, 9}}}}};
  const auto stands = [this] {
    return firewall_.Inspect(InspectDepth::kRules, clock_.TimeNow())
        ->contains("probe.1");
  };
  ASSERT_TRUE(firewall_.Apply(probe, clock_.TimeNow()).ok());
  Begin();
  EXPECT_FALSE(stands());
  ASSERT_TRUE(firewall_.Apply(probe, clock_.TimeNow()).ok());
  enforcer_.OnFirewallChanged();
  enforcer_.Step();
  EXPECT_TRUE(stands());
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
}

}  // namespace
}  // namespace mxban
