// Living with others in the same tables: their rules survive our commits, our
// commits survive theirs, and the xtables lock is honoured on both sides.

#include <dlfcn.h>
#include <linux/in.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "agent/firewall/xtables_lock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/firewall_lab.h"

namespace {

// How many calls of each kind are to fail instead of doing their work.
std::atomic<int> fail_replace_with_again = 0;
std::atomic<int> fail_counters_with_invalid = 0;

bool Take(std::atomic<int>& faults) {
  if (faults.load() == 0) return false;
  --faults;
  return true;
}

}  // namespace

// libiptc commits by two calls: the first replaces the table, the second puts
// the counters back. Either can be made to fail here.
extern "C" int setsockopt(int socket, int level, int option, const void* value,
                          socklen_t size) noexcept {
  using Function = int (*)(int, int, int, const void*, socklen_t);
  static const auto real =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "setsockopt"));
  if (level == IPPROTO_IP && option == IPT_SO_SET_REPLACE &&
      Take(fail_replace_with_again)) {
    errno = EAGAIN;
    return -1;
  }
  if (level == IPPROTO_IP && option == IPT_SO_SET_ADD_COUNTERS &&
      Take(fail_counters_with_invalid)) {
    errno = EINVAL;
    return -1;
  }
  return real(socket, level, option, value, size);
}

namespace mxban {
namespace {

using ::testing::HasSubstr;
using Lab = FirewallLab;
using Outcome = NetworkLab::Outcome;

class ForeignRulesTest : public testing::TestWithParam<std::string> {
 protected:
  std::string Save() {
    return lab_.OnRelay(
        "for program in iptables-legacy-save ip6tables-legacy-save; do "
        "$program -c -t filter | grep -v -e ^# -e '^:.* [A-Z]* ' -e mxban-; "
        "done");
  }

  FirewallLab lab_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Backends, ForeignRulesTest,
                         testing::Values("ipset", "iptables"),
                         [](const auto& test) { return test.param; });

TEST_P(ForeignRulesTest, SurviveWithTheirCounters) {
  lab_.OnRelay(
      "ipset create theirs hash:ip && ipset add theirs 198.51.100.8 && "
      "ipset create theirs6 hash:net family inet6");
  for (const std::string program : {"iptables-legacy", "ip6tables-legacy"}) {
    const std::string set = program == "iptables-legacy" ? "theirs" : "theirs6";
    lab_.OnRelay(absl::StrCat(
        "P=", program, "; $P -N own && ",
        "$P -A own -p tcp --dport 2525 -j RETURN && $P -A INPUT -j own && ",
        "$P -A INPUT -p tcp -m hashlimit --hashlimit-above 1000/sec ",
        "--hashlimit-name h -j DROP && ",
        "$P -A INPUT -p tcp -m recent --name r --set && ",
        "$P -A INPUT -m set --match-set ", set, " src ",
        "-m comment --comment 'a b c' && ",
        "$P -A INPUT -m statistic --mode nth --every 3 --packet 0"));
  }
  for (const char* source : {Lab::kNeighbour, Lab::kStranger6}) {
    ASSERT_EQ(lab_.TryConnect(source), Outcome::kConnected);
  }
  lab_.OnRelay("ip link set eth0 down");  // Counters stand still from here.
  const std::string before = Save();
  ASSERT_THAT(before, HasSubstr("hashlimit"));
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  for (int i = 0; i < 300; ++i) {
    const std::string v4 = absl::StrCat("10.0.", i / 250, ".", i % 250);
    const std::string v6 = absl::StrCat("2001:db8:a::", i);
    ASSERT_TRUE(lab_.Apply(Imposing({v4, v6})).ok());
    if (i % 2 == 1) continue;
    ASSERT_TRUE(lab_.Apply(Lifting({v4, v6})).ok());
  }
  EXPECT_EQ(Save(), before);
  ASSERT_TRUE(lab_.firewall().Remove().ok());
  EXPECT_EQ(Save(), before);
  EXPECT_EQ(lab_.OnRelay("ipset list -n | sort"), "theirs\ntheirs6\n");
}

TEST_P(ForeignRulesTest, NothingIsLostAmongManyWriters) {
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  lab_.OnRelay("iptables-legacy -A INPUT -p tcp --dport 1 -j ACCEPT");
  std::atomic<bool> done = false;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&, i] {
      std::unique_ptr<Firewall> firewall = lab_.OpenAgain();
      const std::string jail = absl::StrCat("jail", i);
      while (!done) {
        FirewallChanges changes;
        changes.jails.push_back(MailRules(jail));
        changes.imposed.push_back(BanOf(Lab::kSpammer, jail));
        EXPECT_TRUE(firewall->Apply(changes, absl::Now()).ok());
        changes = {.removed_jails = {jail}};
        EXPECT_TRUE(firewall->Apply(changes, absl::Now()).ok());
      }
    });
  }
  lab_.OnRelay("iptables-legacy -N theirs; iptables-legacy -A theirs -j DROP");
  for (int port = 2; port < 202; ++port) {
    // Replacing changes no number of rules, by which the kernel could tell.
    lab_.OnRelay(absl::StrCat("iptables-legacy -w -R theirs 1 -p tcp --dport ",
                              port,
                              " -j ACCEPT && iptables-legacy -w -C theirs"
                              " -p tcp --dport ",
                              port, " -j ACCEPT"));
    if (port % 10 != 0) continue;
    // Their rule is the last one; ours come and go before it.
    lab_.OnRelay(absl::StrCat("iptables-legacy -w -A INPUT -p tcp --dport ",
                              port, " -j ACCEPT && ",
                              "iptables-legacy -w -D INPUT -p tcp --dport ",
                              port == 10 ? 1 : port - 10, " -j ACCEPT"));
  }
  done = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(lab_.OnRelay("iptables-legacy -S INPUT | grep -v mxban-; "
                         "iptables-legacy -S theirs"),
            "-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 200 -j ACCEPT\n"
            "-N theirs\n-A theirs -p tcp -m tcp --dport 201 -j ACCEPT\n");
}

TEST_P(ForeignRulesTest, WhatOthersDoWhileWeWaitForTheLockIsKept) {
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  const std::string flag = lab_.network().folder() + "/locked";
  const pid_t holder = lab_.network().Start(
      Lab::kRelay,
      {"flock", lab_.network().folder() + "/xtables.lock", "sh", "-c",
       absl::StrCat("touch ", flag, "; sleep 0.2; XTABLES_LOCKFILE=", flag,
                    " iptables-legacy -P FORWARD DROP")});
  lab_.OnRelay(absl::StrCat("until test -e ", flag, "; do :; done"));
  EXPECT_TRUE(lab_.SetUp(MailRules("other")).ok());
  EXPECT_THAT(lab_.OnRelay("iptables-legacy -S FORWARD"),
              HasSubstr("-P FORWARD DROP"));
  EXPECT_TRUE(lab_.Inspect()["other"].intact);
  lab_.network().Stop(holder, 0);
}

TEST_P(ForeignRulesTest, AKilledHolderOfTheLockKeepsNobodyWaiting) {
  const std::string flag = lab_.network().folder() + "/locked";
  const pid_t holder = lab_.network().Start(
      Lab::kRelay, {"flock", "-o", lab_.network().folder() + "/xtables.lock",
                    "sh", "-c", absl::StrCat("touch ", flag, "; sleep 60")});
  lab_.OnRelay(absl::StrCat("until test -e ", flag, "; do :; done"));
  std::thread killer([&] {
    absl::SleepFor(absl::Milliseconds(100));
    lab_.network().Stop(holder, SIGKILL);
  });
  EXPECT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  killer.join();
  EXPECT_TRUE(lab_.Inspect()["smtp"].intact);
}

TEST_P(ForeignRulesTest, AHeldLockIsSaidAndChangesNothing) {
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  {
    const auto lock = XtablesLock::Acquire();
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(
        lab_.network().Shell(Lab::kRelay, "iptables-legacy -w 1 -S").exit_code,
        4)
        << "the programs honour our lock";
    const absl::Status status = lab_.SetUp(MailRules("other"));
    EXPECT_TRUE(absl::IsUnavailable(status));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("is held by pid ", getpid())));
    EXPECT_TRUE(lab_.Inspect()["smtp"].intact) << "reading needs no lock";
    EXPECT_FALSE(lab_.Inspect()["other"].intact);
  }
  EXPECT_TRUE(lab_.SetUp(MailRules("other")).ok());
  EXPECT_TRUE(lab_.Inspect()["other"].intact);
}

TEST_P(ForeignRulesTest, ACommitThatFailsIsComparedAfresh) {
  ASSERT_TRUE(lab_.SetUp(MailRules("smtp")).ok());
  for (std::atomic<int>* faults :
       {&fail_replace_with_again, &fail_counters_with_invalid}) {
    const std::string name = faults == &fail_replace_with_again ? "a" : "b";
    *faults = 1;
    FirewallChanges changes = {.jails = {MailRules(name)}};
    changes.imposed.push_back(BanOf(Lab::kSpammer, name));
    EXPECT_TRUE(lab_.Apply(changes).ok());
    EXPECT_EQ(*faults, 0);
    EXPECT_TRUE(lab_.Inspect()[name].intact);
    EXPECT_EQ(lab_.Inspect()[name].ban_count, 1) << "and no duplicate";
  }
  fail_replace_with_again = 1000;
  EXPECT_TRUE(absl::IsUnavailable(lab_.SetUp(MailRules("c"))));
  EXPECT_GT(fail_replace_with_again, 900) << "tries are bounded";
  fail_replace_with_again = 0;
  EXPECT_TRUE(lab_.SetUp(MailRules("c")).ok());
}

// Both hooks see every packet: what one lets through the other may refuse.
class SideBySideTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Backends, SideBySideTest,
                         testing::Values("ipset", "iptables", "nftables"),
                         [](const auto& test) { return test.param; });

TEST_P(SideBySideTest, ABanHoldsThoughTheOtherKindOfTablesAcceptsAll) {
  FirewallLab lab(GetParam());
  ASSERT_TRUE(lab.SetUp(MailRules("smtp")).ok());
  ASSERT_TRUE(lab.Apply(Imposing({Lab::kSpammer, Lab::kSpammer6})).ok());
  const std::string theirs =
      "nft add table inet theirs && nft add chain inet theirs input '{ type "
      "filter hook input priority PRIORITY; policy accept; }' && nft add rule "
      "inet theirs input accept";
  for (const std::string priority : {"-300", "-10", "0", "300"}) {
    lab.OnRelay(GetParam() == "nftables"
                    ? "iptables-legacy -A INPUT -j ACCEPT; "
                      "ip6tables-legacy -A INPUT -j ACCEPT"
                    : absl::StrReplaceAll(theirs, {{"PRIORITY", priority}}));
    EXPECT_EQ(lab.TryConnect(Lab::kSpammer), Outcome::kRefused) << priority;
    EXPECT_EQ(lab.TryConnect(Lab::kSpammer6), Outcome::kRefused) << priority;
    EXPECT_EQ(lab.TryConnect(Lab::kNeighbour), Outcome::kConnected);
    if (GetParam() != "nftables") lab.OnRelay("nft delete table inet theirs");
  }
  if (GetParam() != "nftables") return;
  // Nor does somebody else's table of the same kind matter.
  lab.OnRelay(absl::StrReplaceAll(theirs, {{"PRIORITY", "-300"}}));
  EXPECT_EQ(lab.TryConnect(Lab::kSpammer), Outcome::kRefused);
}

}  // namespace
}  // namespace mxban
