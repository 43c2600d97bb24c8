#include "agent/wanted_firewall.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'795'420'800);
const absl::Time kLater = kNow + absl::Hours(1);
const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const IpNetwork kOther = IpNetwork::ParseOrDie("203.0.113.31");
const IpNetwork kOwnRelay = IpNetwork::ParseOrDie("192.0.2.7");

class WantedFirewallTest : public testing::Test {
 protected:
  WantedFirewallTest() { wanted_.SetJails({SomeJail()}); }

  static Jail SomeJail() {
    Jail jail;
    jail.name = "sendmail";
    jail.enforcement.name = "smtp";
    jail.enforcement.ports = {{25, 25}};
    return jail;
  }

  void Ban(const IpNetwork& source, absl::Time expire_time = kLater) {
    wanted_.bans().Tell({"sendmail", source}, expire_time);
  }

  // A firewall that is as it should be.
  FirewallState Wanted() const {
    const FirewallChanges changes = wanted_.Difference({}, true, kNow);
    FirewallState state;
    for (const JailRules& rules : changes.jails) {
      state[rules.name] = {.rules = rules, .intact = true};
    }
    for (const FirewallBan& ban : changes.imposed) {
      state[ban.jail].bans[ban.source] = ban.expire_time;
    }
    for (auto& [name, jail] : state) jail.ban_count = jail.bans.size();
    return state;
  }

  FirewallChanges Difference(const FirewallState& actual,
                             bool probes_stay = true) const {
    return wanted_.Difference(actual, probes_stay, kNow);
  }

  WantedFirewall wanted_{{IpNetwork::ParseOrDie("192.0.2.0/24")}};
};

std::vector<IpNetwork> SourcesOf(const std::vector<FirewallBan>& bans) {
  std::vector<IpNetwork> sources;
  for (const FirewallBan& ban : bans) {
    EXPECT_EQ(ban.jail, "smtp");
    sources.push_back(ban.source);
  }
  return sources;
}

TEST_F(WantedFirewallTest, SaysWhetherJailsAreOthers) {
  EXPECT_FALSE(wanted_.SetJails({SomeJail()}));
  Jail jail = SomeJail();
  jail.enforcement.ports = {{465, 465}};
  EXPECT_TRUE(wanted_.SetJails({jail}));
}

TEST_F(WantedFirewallTest, ChangesAreToldOnceAndWithoutWhatIsSpared) {
  Ban(kAttacker);
  Ban(kOwnRelay);
  EXPECT_THAT(SourcesOf(wanted_.TakeChanges().imposed), ElementsAre(kAttacker));
  EXPECT_TRUE(wanted_.TakeChanges().empty());
  wanted_.bans().Tell({"sendmail", kAttacker}, std::nullopt);
  EXPECT_THAT(SourcesOf(wanted_.TakeChanges().lifted), ElementsAre(kAttacker));
  EXPECT_EQ(wanted_.CountEnforced(), 0u);
}

TEST_F(WantedFirewallTest, WhatStandsNeedsNoChange) {
  Ban(kAttacker);
  EXPECT_TRUE(Difference(Wanted()).empty());
  EXPECT_TRUE(wanted_.RulesStand(Wanted(), kNow));
}

TEST_F(WantedFirewallTest, WhatIsMissingIsImposedAndWhatIsLeftIsLifted) {
  Ban(kAttacker);
  FirewallState actual = Wanted();
  actual["smtp"].bans = {{kOther, kLater}};
  const FirewallChanges changes = Difference(actual);
  EXPECT_THAT(SourcesOf(changes.imposed), ElementsAre(kAttacker));
  EXPECT_THAT(SourcesOf(changes.lifted), ElementsAre(kOther));
  EXPECT_THAT(changes.jails, IsEmpty());
}

TEST_F(WantedFirewallTest, WhatIsAboutToEndMayBeOver) {
  Ban(kAttacker, kNow + absl::Seconds(1));
  EXPECT_TRUE(Difference(Wanted()).empty());
}

TEST_F(WantedFirewallTest, DamagedRulesAreSetUpAgain) {
  FirewallState actual = Wanted();
  actual["smtp"].intact = false;
  ASSERT_EQ(Difference(actual).jails.size(), 1u);
  EXPECT_THAT(Difference(actual).jails[0].allowed,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.0/24")));
  EXPECT_FALSE(wanted_.RulesStand(actual, kNow));
  EXPECT_FALSE(wanted_.RulesStand({}, kNow));
}

TEST_F(WantedFirewallTest, CountingTellsOfABanThatIsMissing) {
  Ban(kAttacker);
  FirewallState actual = Wanted();
  actual["smtp"].ban_count = 0;
  EXPECT_TRUE(wanted_.RulesStand(actual, kNow)) << "it is not imposed yet";
  wanted_.TakeChanges();
  EXPECT_FALSE(wanted_.RulesStand(actual, kNow));
  actual["smtp"].ban_count = std::nullopt;
  EXPECT_TRUE(wanted_.RulesStand(actual, kNow));
}

TEST_F(WantedFirewallTest, ADryRunHasNothing) {
  Ban(kAttacker);
  const FirewallState actual = Wanted();
  Jail jail = SomeJail();
  jail.dry_run = true;
  wanted_.SetJails({jail});
  EXPECT_EQ(wanted_.CountEnforced(), 0u);
  EXPECT_TRUE(wanted_.TakeChanges().empty());
  EXPECT_THAT(Difference(actual).removed_jails, ElementsAre("smtp"));
}

TEST_F(WantedFirewallTest, ProbesGoIfTheyShall) {
  FirewallState actual = Wanted();
  actual["probe.1"];
  EXPECT_TRUE(Difference(actual, true).empty());
  EXPECT_THAT(Difference(actual, false).removed_jails, ElementsAre("probe.1"));
}

}  // namespace
}  // namespace mxban
