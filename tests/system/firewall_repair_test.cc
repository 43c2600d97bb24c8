// Others tamper with our rules and sets, or we are killed half-way: Inspect()
// tells, and the next Apply() makes it good.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace mxban {
namespace {

using Outcome = NetworkLab::Outcome;
using Lab = FirewallLab;

struct Damage {
  std::string backend;
  std::string name;
  std::string command;
  bool tells = true;  // Whether the rules alone are enough to notice.

  friend void PrintTo(const Damage& damage, std::ostream* out) {
    *out << damage.command;
  }
};

class FirewallRepairTest : public testing::TestWithParam<Damage> {
 protected:
  FirewallRepairTest() {
    JailRules rules = MailRules("smtp");
    rules.allowed = {IpNetwork::ParseOrDie("2001:db8:9::1"),
                     IpNetwork::ParseOrDie(Lab::kStranger)};
    wanted_ = {{rules,
                {BanOf(Lab::kSpammer), BanOf(Lab::kSpammer6),
                 BanOf("203.0.113.0/24")}},
               {MailRules("other"), {BanOf(Lab::kSpammer, "other")}}};
  }

  FirewallChanges Missing() {
    return Difference(wanted_, lab_.Inspect(), absl::Now());
  }

  FirewallLab lab_{GetParam().backend};
  std::vector<WantedJail> wanted_;
};

TEST_P(FirewallRepairTest, IsNoticedAndRepaired) {
  ASSERT_TRUE(lab_.Apply(Missing()).ok());
  ASSERT_TRUE(Missing().empty()) << "the second comparison finds nothing";
  // Where order tells nothing, Missing() does.
  const std::string whole =
      "iptables-legacy -S; ip6tables-legacy -S; ipset list -n | sort";
  const std::string before = lab_.OnRelay(whole);

  // What was seen before must not hide what comes.
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(lab_.Inspect(InspectDepth::kRules)["smtp"].intact);
  }
  lab_.OnRelay(GetParam().command);
  EXPECT_EQ(
      lab_.Inspect(InspectDepth::kRules)["smtp"].intact &&
          lab_.Inspect(InspectDepth::kRules)["smtp"].rules == wanted_[0].rules,
      !GetParam().tells);
  EXPECT_FALSE(Missing().empty());

  ASSERT_TRUE(lab_.Apply(Missing()).ok());
  EXPECT_TRUE(Missing().empty());
  EXPECT_TRUE(lab_.Inspect(InspectDepth::kRules)["smtp"].intact);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kSpammer6), Outcome::kRefused);
  EXPECT_EQ(lab_.TryConnect(Lab::kStranger), Outcome::kConnected);
  lab_.OnRelay("iptables-legacy -F FORWARD");  // Where one case adds a rule.
  if (GetParam().name.find("Foreign") == std::string::npos) {
    EXPECT_EQ(lab_.OnRelay(whole), before);
  }
}

std::vector<Damage> Damages() {
  const std::string jump =
      "-p tcp -m multiport --dports 25,465,587 -j mxban-smtp";
  std::vector<Damage> damages;
  for (const std::string backend : {"ipset", "iptables"}) {
    for (const auto& [name, command] :
         std::vector<std::pair<std::string, std::string>>{
             {"Flushed", "iptables-legacy -F"},
             {"Flushed6", "ip6tables-legacy -F"},
             {"FlushedAndDeleted", "iptables-legacy -F && iptables-legacy -X"},
             {"JumpDeleted", "iptables-legacy -D INPUT " + jump},
             {"JumpDeleted6", "ip6tables-legacy -D INPUT " + jump},
             {"JumpBelowForeignRules",
              "iptables-legacy -D INPUT " + jump +
                  " && iptables-legacy -A INPUT -p tcp --dport 99 -j ACCEPT"
                  " && iptables-legacy -A INPUT -i lo -j ACCEPT"
                  " && iptables-legacy -A INPUT " +
                  jump},
             {"ForeignRuleAtTheHead",
              "iptables-legacy -I INPUT -p tcp --dport 99 -j ACCEPT"},
             {"JumpTwice", "iptables-legacy -A INPUT " + jump},
             {"JumpNarrowed", "ip6tables-legacy -R INPUT 2 -i lo " + jump},
             {"OtherPorts",
              "iptables-legacy -R INPUT 2 -p tcp -m multiport --dports 25 "
              "-j mxban-smtp"},
             {"RuleInChain", "iptables-legacy -I mxban-smtp -i eth0 -j ACCEPT"},
             {"RuleGoneFromChain", "ip6tables-legacy -D mxban-smtp 1"}}) {
      damages.push_back({backend, name, command});
    }
  }
  for (const auto& [name, command] :
       std::vector<std::pair<std::string, std::string>>{
           {"Flushed", "nft flush ruleset"},
           {"InputFlushed", "nft flush chain inet mxban input"},
           {"ChainFlushed", "nft flush chain inet mxban mxban-smtp"},
           {"PutToSleep", "nft add table inet mxban '{ flags dormant; }'"},
           {"PolicyChanged",
            "nft add chain inet mxban input '{ policy drop; }'"},
           {"HookedElsewhere",
            "nft flush chain inet mxban input && "
            "nft delete chain inet mxban input && nft add chain inet mxban "
            "input '{ type filter hook forward priority 0; }'"},
           {"RuleInInput", "nft insert rule inet mxban input accept"},
           {"RuleInChain",
            "nft insert rule inet mxban mxban-smtp iif lo accept"},
           {"OtherPort",
            "nft flush chain inet mxban input && nft add rule inet mxban input "
            "tcp dport 25 jump mxban-smtp"},
           {"AllowSetFlushed", "nft flush set inet mxban mxban-smtp-a6-128"},
           {"OtherSetUnderTheName",
            "nft flush chain inet mxban mxban-smtp && "
            "nft delete set inet mxban mxban-smtp-4-32 && nft add set inet "
            "mxban mxban-smtp-4-32 '{ type inet_service; }'"}}) {
    damages.push_back({"nftables", name, command});
  }
  damages.push_back({"nftables", "SetFlushed",
                     "nft flush set inet mxban mxban-smtp-4-32", false});
  damages.push_back({"ipset", "SetFlushed", "ipset flush mxban-smtp-4", false});
  damages.push_back({"ipset", "AllowSetFlushed", "ipset flush mxban-smtp-a6"});
  damages.push_back({"ipset", "OtherAllowed",
                     "ipset del mxban-smtp-a6 2001:db8:9::1 && "
                     "ipset add mxban-smtp-a6 2001:db8:9::2"});
  damages.push_back({"ipset", "SetsExchanged",
                     "ipset create x hash:net timeout 0 maxelem 1048576 && "
                     "ipset swap x mxban-smtp-4 && ipset destroy x",
                     false});
  damages.push_back({"ipset", "SetsDestroyed",
                     "iptables-legacy -F mxban-smtp && "
                     "ipset destroy mxban-smtp-4 && "
                     "ipset destroy mxban-smtp-a4"});
  damages.push_back({"ipset", "OtherSetUnderTheName",
                     "ipset create x hash:net maxelem 5 && "
                     "ipset swap x mxban-smtp-4 && ipset destroy x"});
  damages.push_back(
      {"ipset", "TwinLeft", "ipset create mxban-smtp-t4 hash:net timeout 0"});
  damages.push_back({"iptables", "BanDeleted",
                     "iptables-legacy -D mxban-smtp -s 203.0.113.0/24 -p tcp "
                     "-j REJECT --reject-with tcp-reset",
                     false});
  return damages;
}

INSTANTIATE_TEST_SUITE_P(Damages, FirewallRepairTest,
                         testing::ValuesIn(Damages()), [](const auto& test) {
                           return test.param.backend + test.param.name;
                         });

class FirewallRestartTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Backends, FirewallRestartTest,
                         testing::Values("ipset", "iptables", "nftables"),
                         [](const auto& test) { return test.param; });

TEST_P(FirewallRestartTest, ASecondInstanceAdoptsWhatStands) {
  FirewallLab lab(GetParam());
  const std::vector<WantedJail> wanted = {
      {MailRules("smtp"), {BanOf(Lab::kSpammer), BanOf("2001:db8:7::/64")}}};
  ASSERT_TRUE(lab.Apply(Difference(wanted, lab.Inspect(), absl::Now())).ok());
  std::unique_ptr<Firewall> second = lab.OpenAgain();
  const FirewallState state =
      second->Inspect(InspectDepth::kRulesAndBans, absl::Now()).value();
  EXPECT_TRUE(Difference(wanted, state, absl::Now()).empty());
}

TEST_P(FirewallRestartTest, KilledAnywhereItFindsBack) {
  FirewallLab lab(GetParam());
  std::vector<WantedJail> wanted = {{MailRules("smtp"), {}},
                                    {MailRules("auth"), {}}};
  for (int i = 0; i < 200; ++i) {
    wanted[i % 2].bans.push_back(
        BanOf(absl::StrCat("10.0.0.", i), wanted[i % 2].rules.name));
  }
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      // Sets up and removes until it is killed.
      lab.network().Run(Lab::kRelay, [&] {
        std::unique_ptr<Firewall> firewall = lab.OpenAgain();
        while (true) {
          (void)firewall->Apply(Difference(wanted, {}, absl::Now()),
                                absl::Now());
          (void)firewall->Remove();
        }
      });
    }
    absl::SleepFor(absl::Milliseconds(5 + 3 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    ASSERT_TRUE(lab.Apply(Difference(wanted, lab.Inspect(), absl::Now())).ok());
    ASSERT_TRUE(Difference(wanted, lab.Inspect(), absl::Now()).empty());
  }
}

class LegacyRestartTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Backends, LegacyRestartTest,
                         testing::Values("ipset", "iptables"),
                         [](const auto& test) { return test.param; });

TEST_P(LegacyRestartTest, AForeignRuleKeepsARemovedChainButEmpty) {
  FirewallLab lab(GetParam());
  ASSERT_TRUE(lab.SetUp(MailRules("smtp")).ok());
  ASSERT_TRUE(lab.Apply(Imposing({Lab::kSpammer})).ok());

  lab.OnRelay("iptables-legacy -A FORWARD -j mxban-smtp");
  FirewallChanges changes;
  changes.removed_jails.push_back("smtp");
  EXPECT_TRUE(absl::IsFailedPrecondition(lab.Apply(changes)));
  EXPECT_EQ(lab.TryConnect(Lab::kSpammer), Outcome::kConnected);
  lab.OnRelay("iptables-legacy -F FORWARD");
  EXPECT_TRUE(lab.Apply(changes).ok());
  EXPECT_TRUE(lab.Inspect().empty());
}

// While the jail changes its ports and its allow list, a banned client that
// connects in a loop never gets in.
TEST_P(FirewallRestartTest, ChangingAStandingJailLeavesNoGap) {
  FirewallLab lab(GetParam());
  ASSERT_TRUE(lab.SetUp(MailRules("smtp")).ok());
  ASSERT_TRUE(lab.Apply(Imposing({Lab::kSpammer})).ok());
  std::atomic<bool> changing = true;
  std::thread changer([&] {
    for (int i = 0; i < 100; ++i) {
      JailRules rules = MailRules("smtp");
      if (i % 2 == 0) rules.ports.push_back({2525, 2525});
      rules.allowed = {
          IpNetwork::ParseOrDie(i % 2 == 0 ? Lab::kNeighbour : Lab::kStranger)};
      EXPECT_TRUE(lab.SetUp(rules).ok());
    }
    changing = false;
  });
  int attempts = 0;
  for (; changing; ++attempts) {
    EXPECT_EQ(lab.TryConnect(Lab::kSpammer), Outcome::kRefused);
  }
  changer.join();
  EXPECT_GT(attempts, 10);
}

}  // namespace
}  // namespace mxban
