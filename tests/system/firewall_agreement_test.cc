// The fake and the kernel's firewalls are told the same random things, and must
// say the same about themselves: what is tested on the fake holds in earnest.

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_firewall.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

constexpr int kRounds = 150;

class FirewallAgreementTest : public testing::TestWithParam<std::string> {
 protected:
  int Roll(int sides) {
    return std::uniform_int_distribution<int>(0, sides - 1)(random_);
  }

  std::string RandomJail() { return absl::StrCat("jail", Roll(3)); }

  IpNetwork RandomNetwork() {
    const std::string text =
        Roll(2) == 0
            ? absl::StrCat("10.0.0.", Roll(20), "/", 24 + Roll(9))
            : absl::StrCat("2001:db8:", Roll(20), "::/", 48 + Roll(81));
    return IpNetwork::ParseOrDie(text);
  }

  JailRules RandomRules() {
    JailRules rules = {.name = RandomJail()};
    for (int i = Roll(20); i >= 0; --i) {
      const auto first = static_cast<uint16_t>(Roll(60'000));
      const auto width = static_cast<uint16_t>(Roll(2) * Roll(100));
      rules.ports.push_back({first, static_cast<uint16_t>(first + width)});
    }
    rules.rejection = static_cast<Rejection>(Roll(3));
    for (int i = Roll(5); i > 0; --i) rules.allowed.push_back(RandomNetwork());
    std::sort(rules.allowed.begin(), rules.allowed.end());
    rules.allowed.erase(std::unique(rules.allowed.begin(), rules.allowed.end()),
                        rules.allowed.end());
    return rules;
  }

  FirewallChanges RandomChanges() {
    FirewallChanges changes;
    if (Roll(3) == 0) changes.jails.push_back(RandomRules());
    for (int i = Roll(6); i > 0; --i) {
      const absl::Time end = Roll(3) == 0 ? absl::InfiniteFuture()
                                          : now_ + absl::Minutes(Roll(60) - 5);
      changes.imposed.push_back({RandomJail(), RandomNetwork(), end});
    }
    for (int i = Roll(6); i > 0; --i) {
      changes.lifted.push_back({RandomJail(), RandomNetwork()});
    }
    if (Roll(12) == 0) changes.removed_jails.push_back(RandomJail());
    return changes;
  }

  void ExpectAgreement(InspectDepth depth) {
    const FirewallState real = lab_.firewall().Inspect(depth, now_).value();
    const FirewallState fake = fake_.Inspect(depth, now_).value();
    ASSERT_EQ(real.size(), fake.size());
    for (const auto& [name, expected] : fake) {
      ASSERT_TRUE(real.contains(name));
      const JailState& jail = real.at(name);
      EXPECT_EQ(jail.rules, expected.rules);
      EXPECT_TRUE(jail.intact);
      if (jail.ban_count.has_value()) {
        EXPECT_EQ(jail.ban_count, expected.ban_count);
      }
      ASSERT_EQ(jail.bans.size(), expected.bans.size());
      for (const auto& [source, end] : expected.bans) {
        ASSERT_TRUE(jail.bans.contains(source)) << source.ToString();
        EXPECT_TRUE(EndStands(jail.bans.at(source), *end, now_))
            << source.ToString();
      }
    }
  }

  std::mt19937 random_{20240229};
  absl::Time now_ = absl::Now();
  FirewallLab lab_{GetParam()};
  FakeFirewall fake_;
};

INSTANTIATE_TEST_SUITE_P(Backends, FirewallAgreementTest,
                         testing::Values("ipset", "iptables", "nftables"),
                         [](const auto& test) { return test.param; });

TEST_P(FirewallAgreementTest, OnRandomChanges) {
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    now_ = absl::Now();
    const FirewallChanges changes = RandomChanges();
    EXPECT_EQ(lab_.firewall().Apply(changes, now_).code(),
              fake_.Apply(changes, now_).code());
    ExpectAgreement(round % 2 == 0 ? InspectDepth::kRules
                                   : InspectDepth::kRulesAndBans);
  }
}

}  // namespace
}  // namespace mxban
