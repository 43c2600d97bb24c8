// Sets that fill up, grow, and are handed what they cannot hold.

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/firewall/ipset_firewall.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using ::testing::HasSubstr;
using Outcome = NetworkLab::Outcome;
using Lab = FirewallLab;

class FullFirewallTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Backends, FullFirewallTest,
                         testing::Values("ipset", "iptables"),
                         [](const auto& test) { return test.param; });

TEST_P(FullFirewallTest, SaysSoAndKeepsTheOthersInForce) {
  FirewallLab lab(GetParam(), /*max_bans=*/64);
  ASSERT_TRUE(lab.SetUp(MailRules("smtp")).ok());
  FirewallChanges changes = Imposing({Lab::kSpammer6});
  for (int i = 0; i < 300; ++i) {
    changes.imposed.push_back(
        BanOf(absl::StrCat("10.0.", i / 250, ".", i % 250)));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(lab.Apply(changes)));
  const JailState full = lab.Inspect()["smtp"];
  EXPECT_GE(full.ban_count, 65);
  EXPECT_LT(full.ban_count, 301);
  EXPECT_EQ(lab.TryConnect(Lab::kSpammer6), Outcome::kRefused);

  const FirewallChanges again = Imposing({"10.0.0.0", "10.0.0.1"});
  EXPECT_TRUE(lab.Apply(again).ok()) << "those that stand can be renewed";
}

// A set that fills up is replaced by a larger one, in one step.
TEST(GrowingSetTest, LosesNoBanAndLetsNobodyIn) {
  FirewallLab lab("ipset");
  lab.network().Run(Lab::kRelay, [&] {
    std::unique_ptr<Firewall> firewall =
        IpsetFirewall::Open({.initial = 64, .ceiling = 4096}).value();
    ASSERT_TRUE(
        firewall->Apply({.jails = {MailRules("smtp")}}, absl::Now()).ok());
    ASSERT_TRUE(firewall->Apply(Imposing({Lab::kSpammer}), absl::Now()).ok());
    const absl::Time end = absl::Now() + absl::Hours(1);
    std::atomic<bool> done = false;
    std::atomic<int> attempts = 0;
    std::thread client([&] {
      while (!done) {
        EXPECT_EQ(lab.TryConnect(Lab::kSpammer), Outcome::kRefused);
        ++attempts;
      }
    });
    for (int i = 0; i < 1500; ++i) {
      FirewallChanges one;
      one.imposed.push_back(
          BanOf(absl::StrCat("10.0.", i / 250, ".", i % 250), "smtp", end));
      EXPECT_TRUE(firewall->Apply(one, absl::Now()).ok()) << i;
    }
    while (attempts < 20) std::this_thread::yield();
    done = true;
    client.join();
    const FirewallState state =
        firewall->Inspect(InspectDepth::kRulesAndBans, absl::Now()).value();
    EXPECT_TRUE(state.at("smtp").intact);
    ASSERT_EQ(state.at("smtp").bans.size(), 1501);
    for (const auto& [source, expire_time] : state.at("smtp").bans) {
      if (source == IpNetwork::ParseOrDie(Lab::kSpammer)) continue;
      EXPECT_GE(*expire_time, end - absl::Seconds(1)) << "no ban ends early";
      EXPECT_LE(*expire_time, end + absl::Seconds(7)) << "a second a growth";
    }

    // Another instance is content with the set as it has grown.
    std::unique_ptr<Firewall> again =
        IpsetFirewall::Open({.initial = 64, .ceiling = 4096}).value();
    ASSERT_TRUE(again->Apply({.jails = {MailRules("smtp")}}, absl::Now()).ok());
    EXPECT_THAT(lab.OnRelay("ipset list -t mxban-smtp-4"),
                HasSubstr("maxelem 2048"));
  });
}

// One that is refused by the kernel keeps back none of the others.
TEST(BatchWithAnErrorTest, AllThatIsValidStands) {
  FirewallLab lab("ipset");
  ASSERT_TRUE(lab.SetUp(MailRules("smtp")).ok());
  FirewallChanges changes;
  for (int i = 0; i < 100; ++i) {
    changes.imposed.push_back(BanOf(absl::StrCat("10.0.0.", i)));
    if (i == 50) {
      changes.imposed.push_back({"smtp", IpNetwork::ParseOrDie("0.0.0.0/0")});
    }
  }
  EXPECT_FALSE(lab.Apply(changes).ok());
  EXPECT_EQ(lab.Inspect()["smtp"].bans.size(), 100);
}

}  // namespace
}  // namespace mxban
