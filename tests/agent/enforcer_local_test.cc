// Bans of a server's own, beside those that the coordinator tells.

#include <string>
#include <vector>

#include "agent/enforcer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const IpNetwork kOther = IpNetwork::ParseOrDie("2001:db8:bad::/64");
const BanKey kKey = {"jail", kAttacker};

class EnforcerLocalTest : public testing::Test {
 protected:
  EnforcerLocalTest() {
    Jail jail;
    jail.name = jail.enforcement.name = "jail";
    jail.enforcement.ports = {{25, 25}};
    enforcer_.SetJails({jail});
  }

  StandingBan Ban(const IpNetwork& source, absl::Duration duration) {
    return {{"jail", source}, clock_.TimeNow() + duration};
  }

  void TellSnapshot(std::vector<StandingBan> bans, uint64_t revision = 1,
                    const std::string& history = "history") {
    enforcer_.AddSnapshotPart({std::move(bans), true, true}, history, revision);
  }

  void ImposeLocally(absl::Duration duration) {
    enforcer_.ImposeLocally(Ban(kAttacker, duration));
  }

  // For how long each source is refused from now on.
  absl::flat_hash_map<IpNetwork, absl::Duration> Refused() {
    enforcer_.Step();
    const FirewallState state =
        *firewall_.Inspect(InspectDepth::kRulesAndBans, clock_.TimeNow());
    absl::flat_hash_map<IpNetwork, absl::Duration> refused;
    const auto found = state.find("jail");
    if (found == state.end()) return refused;
    for (const auto& [source, end] : found->second.bans) {
      refused[source] = *end - clock_.TimeNow();
    }
    return refused;
  }

  // How long the attacker is refused; zero if he is not.
  absl::Duration AttackersTime() { return Refused()[kAttacker]; }

  FakeClock clock_;
  FakeFirewall firewall_;
  Enforcer enforcer_{
      firewall_, clock_, {IpNetwork::ParseOrDie("192.0.2.0/24")}};
};

TEST_F(EnforcerLocalTest, ALocalBanStandsBesideThoseThatAreTold) {
  TellSnapshot({Ban(kOther, absl::Hours(2))});
  ImposeLocally(absl::Hours(1));
  EXPECT_THAT(Refused(),
              UnorderedElementsAre(testing::Pair(kAttacker, absl::Hours(1)),
                                   testing::Pair(kOther, absl::Hours(2))));
  EXPECT_EQ(enforcer_.statistics().bans, 2);
}

TEST_F(EnforcerLocalTest, WhatIsNeverBannedHereIsSpared) {
  TellSnapshot({});
  enforcer_.ImposeLocally(
      Ban(IpNetwork::ParseOrDie("192.0.2.7"), absl::Hours(1)));
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerLocalTest, ItWaitsForTheFirstSet) {
  ImposeLocally(absl::Hours(1));
  EXPECT_THAT(Refused(), IsEmpty());
  TellSnapshot({});
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
}

TEST_F(EnforcerLocalTest, NeitherSnapshotsNorDeltasLiftIt) {
  TellSnapshot({Ban(kAttacker, absl::Hours(2))});
  ImposeLocally(absl::Hours(1));
  EXPECT_EQ(AttackersTime(), absl::Hours(2));
  enforcer_.ApplyDelta({{}, {kKey}}, 2);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  TellSnapshot({}, 3);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  TellSnapshot({}, 1, "another history");
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
}

TEST_F(EnforcerLocalTest, TheLaterEndCounts) {
  TellSnapshot({});
  ImposeLocally(absl::Hours(1));
  enforcer_.ApplyDelta({{Ban(kAttacker, absl::Minutes(10))}, {}}, 2);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  enforcer_.ApplyDelta({{Ban(kAttacker, absl::Hours(3))}, {}}, 3);
  EXPECT_EQ(AttackersTime(), absl::Hours(3));
  ImposeLocally(absl::Hours(4));
  EXPECT_EQ(AttackersTime(), absl::Hours(4));
  enforcer_.ApplyDelta({{Ban(kAttacker, absl::Minutes(1))}, {}}, 4);
  EXPECT_EQ(AttackersTime(), absl::Hours(4));
}

TEST_F(EnforcerLocalTest, OnceItIsSettledOnlyTheCoordinatorIsHeard) {
  const struct {
    const char* what;
    absl::Duration told;  // Zero: the coordinator does not want it.
  } cases[] = {{"shorter", absl::Minutes(10)},
               {"longer", absl::Hours(5)},
               {"lifted", absl::ZeroDuration()}};
  for (const bool is_told_first : {true, false}) {
    for (const auto& test : cases) {
      SCOPED_TRACE(test.what);
      TellSnapshot({}, 1);
      ImposeLocally(absl::Hours(1));
      const auto tell = [&] {
        Enforcer::Delta delta;
        if (test.told > absl::ZeroDuration()) {
          delta.imposed.push_back(Ban(kAttacker, test.told));
        }
        enforcer_.ApplyDelta(delta, 2);
      };
      if (is_told_first) tell();
      EXPECT_EQ(
          AttackersTime(),
          std::max(absl::Hours(1), is_told_first ? test.told : absl::Hours(1)));
      enforcer_.SettleLocal(kKey, "history", 2);
      if (!is_told_first) {
        EXPECT_EQ(AttackersTime(), absl::Hours(1)) << "not told yet";
        tell();
      }
      EXPECT_EQ(AttackersTime(), test.told);
    }
  }
}

TEST_F(EnforcerLocalTest, ASnapshotOfTheRevisionSettlesIt) {
  TellSnapshot({});
  ImposeLocally(absl::Hours(1));
  enforcer_.SettleLocal(kKey, "history", 5);
  TellSnapshot({}, 4);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  TellSnapshot({Ban(kAttacker, absl::Minutes(30))}, 6);
  EXPECT_EQ(AttackersTime(), absl::Minutes(30));
  TellSnapshot({}, 7);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerLocalTest, ADeltaThatGoesOnSettlesNothingYet) {
  TellSnapshot({});
  ImposeLocally(absl::Hours(1));
  enforcer_.SettleLocal(kKey, "history", 2);
  enforcer_.ApplyDelta({{Ban(kOther, absl::Hours(1))}, {}}, 0);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  enforcer_.ApplyDelta({}, 2);
  EXPECT_EQ(AttackersTime(), absl::ZeroDuration());
}

TEST_F(EnforcerLocalTest, AnotherHistorySettlesNothing) {
  TellSnapshot({});
  ImposeLocally(absl::Hours(1));
  enforcer_.SettleLocal(kKey, "history", 2);
  TellSnapshot({}, 9, "another history");
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
  TellSnapshot({}, 2);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerLocalTest, OneThatIsImposedAgainIsNotSettledAnyMore) {
  TellSnapshot({});
  ImposeLocally(absl::Hours(1));
  enforcer_.SettleLocal(kKey, "history", 2);
  ImposeLocally(absl::Hours(2));
  enforcer_.ApplyDelta({}, 2);
  EXPECT_EQ(AttackersTime(), absl::Hours(2));
  enforcer_.SettleLocal(kKey, "history", 2);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerLocalTest, WhatIsNoLocalBanCannotBeSettled) {
  TellSnapshot({Ban(kAttacker, absl::Hours(1))});
  enforcer_.SettleLocal(kKey, "history", 1);
  EXPECT_EQ(AttackersTime(), absl::Hours(1));
}

TEST_F(EnforcerLocalTest, ItEndsByItself) {
  TellSnapshot({});
  ImposeLocally(absl::Minutes(1));
  EXPECT_EQ(AttackersTime(), absl::Minutes(1));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Refused(), IsEmpty());
  enforcer_.ApplyDelta({{Ban(kAttacker, absl::Minutes(2))}, {}}, 2);
  EXPECT_EQ(AttackersTime(), absl::Minutes(2)) << "nothing is left of it";
  enforcer_.ApplyDelta({{}, {kKey}}, 3);
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(EnforcerLocalTest, TheLaterEndLapsesLast) {
  TellSnapshot({Ban(kAttacker, absl::Minutes(1))});
  ImposeLocally(absl::Minutes(2));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(AttackersTime(), absl::Minutes(1));
  enforcer_.SettleLocal(kKey, "history", 1);
  EXPECT_THAT(Refused(), IsEmpty()) << "what was told is over";
}

TEST_F(EnforcerLocalTest, ItIsNoDamage) {
  TellSnapshot({});
  Refused();
  ImposeLocally(absl::Hours(1));
  for (int i = 0; i < 5; ++i) {
    enforcer_.Step();
    clock_.Advance(absl::Seconds(1));
  }
  firewall_.FlushedByOperator();
  EXPECT_EQ(enforcer_.statistics().repairs, 0);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(Refused().empty()) << "but it is repaired";
  EXPECT_EQ(enforcer_.statistics().repairs, 1);
}

}  // namespace
}  // namespace mxban
