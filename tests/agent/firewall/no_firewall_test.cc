// NoFirewall, and the fake that is built on it.

#include "agent/firewall/no_firewall.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

FirewallChanges OneJailOneBan() {
  return {.jails = {{.name = "smtp", .ports = {{25, 25}}}},
          .imposed = {{"smtp", IpNetwork::ParseOrDie("192.0.2.7"),
                       kNow + absl::Minutes(5)}}};
}

size_t BansAt(Firewall& firewall, absl::Time now) {
  return (*firewall.Inspect(InspectDepth::kRules, now))["smtp"]
      .ban_count.value();
}

TEST(NoFirewallTest, RemembersWhatItWasTold) {
  NoFirewall firewall;
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  const FirewallState state =
      *firewall.Inspect(InspectDepth::kRulesAndBans, kNow);
  const JailState& jail = state.at("smtp");
  EXPECT_TRUE(jail.intact);
  EXPECT_EQ(jail.rules, OneJailOneBan().jails.front());
  EXPECT_EQ(jail.bans.at(IpNetwork::ParseOrDie("192.0.2.7")),
            kNow + absl::Minutes(5));
}

TEST(NoFirewallTest, BansEndOnTime) {
  NoFirewall firewall;
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  EXPECT_EQ(BansAt(firewall, kNow + absl::Minutes(4)), 1);
  EXPECT_EQ(BansAt(firewall, kNow + absl::Minutes(5)), 0);
}

TEST(NoFirewallTest, RefusesWhatTheKernelWould) {
  NoFirewall firewall;
  EXPECT_TRUE(absl::IsInvalidArgument(
      firewall.Apply({.jails = {{.name = "no-ports"}}}, kNow)));
  FirewallChanges changes = OneJailOneBan();
  changes.jails.clear();
  EXPECT_TRUE(absl::IsNotFound(firewall.Apply(changes, kNow)));
}

TEST(NoFirewallTest, RemovesOneJailOrAll) {
  NoFirewall firewall;
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  ASSERT_TRUE(firewall.Apply({.removed_jails = {"smtp"}}, kNow).ok());
  EXPECT_TRUE(firewall.Inspect(InspectDepth::kRules, kNow)->empty());
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  ASSERT_TRUE(firewall.Remove().ok());
  EXPECT_TRUE(firewall.Inspect(InspectDepth::kRules, kNow)->empty());
}

TEST(FakeFirewallTest, FailsOnceAndDoesNothingThen) {
  FakeFirewall firewall;
  firewall.FailOnce(absl::UnavailableError("lock held"));
  EXPECT_TRUE(absl::IsUnavailable(firewall.Apply(OneJailOneBan(), kNow)));
  EXPECT_TRUE(firewall.Inspect(InspectDepth::kRules, kNow)->empty());
  EXPECT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  EXPECT_EQ(BansAt(firewall, kNow), 1);
  EXPECT_EQ(firewall.apply_calls(), 2);
}

TEST(FakeFirewallTest, CanBeTamperedWith) {
  FakeFirewall firewall;
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  firewall.DamagedByOperator("smtp");
  const auto intact = [&] {
    return (*firewall.Inspect(InspectDepth::kRules, kNow))["smtp"].intact;
  };
  EXPECT_FALSE(intact());
  ASSERT_TRUE(firewall.Apply(OneJailOneBan(), kNow).ok());
  EXPECT_TRUE(intact());
  firewall.FlushedByOperator();
  EXPECT_TRUE(firewall.Inspect(InspectDepth::kRules, kNow)->empty());
}

}  // namespace
}  // namespace mxban
