// The two processes of an agent, as they are shipped: what each may do, what
// happens when one dies, and that nobody gets in meanwhile.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using Outcome = NetworkLab::Outcome;

constexpr char kServer[] = "mx1";

class AgentHalvesTest : public FleetTest {
 protected:
  // With the how-to's attacker banned.
  void StartWithABan(const std::string& firewall) {
    StartCoordinator({"--insecure"});
    agent_ = Start(firewall);
    ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf(kServer));
    Attack(kServer, absl::Now());
    ASSERT_TRUE(AwaitRefused(kHowToAttacker, kServer));
  }

  pid_t Start(const std::string& firewall) {
    return StartAgent(kServer,
                      {"--insecure", absl::StrCat("--firewall=", firewall)});
  }

  // The child of the agent; 0 if there is none.
  pid_t EnforcingHalf() {
    pid_t pid = 0;
    (void)absl::SimpleAtoi(
        absl::StripAsciiWhitespace(ReadFile(
            absl::StrCat("/proc/", agent_, "/task/", agent_, "/children"))),
        &pid);
    return pid;
  }

  // A line of /proc/PID/status, without its name.
  static std::string StatusOf(pid_t pid, const std::string& name) {
    for (const absl::string_view line : absl::StrSplit(
             ReadFile(absl::StrCat("/proc/", pid, "/status")), '\n')) {
      absl::string_view value = line;
      if (absl::ConsumePrefix(&value, name + ":")) {
        return std::string(absl::StripAsciiWhitespace(value));
      }
    }
    return "";
  }

  static bool IsGone(pid_t pid) {
    const std::string state = StatusOf(pid, "State");
    return state.empty() || state[0] == 'Z' || state[0] == 'X';
  }

  // Connects the attacker in a loop while `work` goes on, and ten times at
  // least; never once may he get in.
  void ExpectRefusedDuring(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    std::atomic<int> attempts = 0;
    std::atomic<int> entered = 0;
    std::thread attacker([&] {
      while (!done || attempts < 10) {
        entered += Connect(kHowToAttacker, kServer, 25) != Outcome::kRefused;
        ++attempts;
      }
    });
    work();
    done = true;
    attacker.join();
    EXPECT_EQ(entered, 0) << "of " << attempts << " attempts";
  }

  pid_t agent_ = 0;
};

TEST_F(AgentHalvesTest, EachHasTheRightsThatItNeedsAndNoOther) {
  StartWithABan("ipset");
  const pid_t enforcing = EnforcingHalf();
  ASSERT_GT(enforcing, 0);
  constexpr char kTwo[] = "0000000000003000";  // CAP_NET_ADMIN, CAP_NET_RAW
  constexpr char kNone[] = "0000000000000000";
  for (const std::string set : {"CapPrm", "CapEff", "CapBnd"}) {
    EXPECT_EQ(StatusOf(enforcing, set), kTwo) << set;
    EXPECT_EQ(StatusOf(agent_, set), kNone) << set;
  }
  for (const std::string set : {"CapInh", "CapAmb"}) {
    EXPECT_EQ(StatusOf(enforcing, set), kNone) << set;
    EXPECT_EQ(StatusOf(agent_, set), kNone) << set;
  }
  EXPECT_EQ(StatusOf(enforcing, "Seccomp"), "2");
  EXPECT_EQ(StatusOf(enforcing, "NoNewPrivs"), "1");
  EXPECT_EQ(StatusOf(agent_, "NoNewPrivs"), "1");
  EXPECT_EQ(StatusOf(enforcing, "Name"), "mxban-enforcer");
  const std::string nobody = lab_.MustShell(kServer, "id -u nobody");
  const std::string uid(absl::StripAsciiWhitespace(nobody));
  EXPECT_EQ(StatusOf(agent_, "Uid"),
            absl::StrCat(uid, "\t", uid, "\t", uid, "\t", uid));
  // Standard streams, the socket and the pipe, what the backend speaks through.
  EXPECT_EQ(
      lab_.Shell(kServer, absl::StrCat("ls -l /proc/", enforcing,
                                       "/fd | grep -c -e log -e ", ":7460"))
          .text,
      "0\n");
}

TEST_F(AgentHalvesTest, TheDeathOfTheEnforcingHalfEndsTheOtherAndTheBansStay) {
  StartWithABan("ipset");
  ExpectRefusedDuring([&] {
    const absl::Time start = absl::Now();
    kill(EnforcingHalf(), SIGKILL);
    EXPECT_TRUE(Eventually([&] {
      return ReadFile(OutputOf(kServer)).find("the enforcing half is gone") !=
             std::string::npos;
    }));
    EXPECT_LT(absl::Now() - start, absl::Seconds(1));
    EXPECT_TRUE(Eventually([&] { return IsGone(agent_); }));
  });
  EXPECT_EQ(WEXITSTATUS(lab_.Stop(agent_, 0)), 1);
}

TEST_F(AgentHalvesTest, TheDeathOfTheReadingHalfEndsTheOtherAndTheBansStay) {
  StartWithABan("ipset");
  const pid_t enforcing = EnforcingHalf();
  ExpectRefusedDuring([&] {
    const absl::Time start = absl::Now();
    lab_.Stop(agent_, SIGKILL);
    EXPECT_TRUE(Eventually([&] { return IsGone(enforcing); }));
    EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  });
}

TEST_F(AgentHalvesTest, WithoutRightsItIsUpAndSaysThatItDoesNotEnforce) {
  StartCoordinator({"--insecure"});
  const std::string state = folder() + "/unprivileged";
  lab_.MustShell(kServer,
                 absl::StrCat("mkdir ", state, " && chown nobody ", state));
  lab_.Start(
      kServer,
      {"setpriv", "--reuid=nobody", "--clear-groups", "agent/mxban-agent",
       "--insecure", absl::StrCat("--coordinators=", kCoordinator, ":7460"),
       absl::StrCat("--server_name=", kServer),
       absl::StrCat("--state_dir=", state)},
      OutputOf(kServer));
  EXPECT_TRUE(Eventually([&] {
    return Ctl("agents").text.find("cannot enforce, no permission") !=
           std::string::npos;
  })) << Ctl("agents").text;
  EXPECT_THAT(Ctl("agents --json").text,
              HasSubstr("ENFORCEMENT_PROBLEM_NO_PERMISSION"));
  EXPECT_THAT(lab_.Shell(kServer,
                         "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/7463; "
                         "printf \"GET /readyz HTTP/1.0\\r\\n\\r\\n\" >&3; "
                         "cat <&3'")
                  .text,
              HasSubstr(" 503 "));
}

TEST_F(AgentHalvesTest, AHeldLockIsToldWithItsHolderUntilItIsFree) {
  StartCoordinator({"--insecure"});
  const std::string flag = folder() + "/locked";
  const pid_t holder = lab_.Start(
      kServer, {"flock", "-o", folder() + "/xtables.lock", "sh", "-c",
                absl::StrCat("touch ", flag, "; exec sleep 60")});
  ASSERT_TRUE(Eventually([&] { return access(flag.c_str(), F_OK) == 0; }));
  agent_ = Start("ipset");
  EXPECT_TRUE(Eventually([&] {
    return Ctl("agents --json")
               .text.find(absl::StrCat("the lock is held by pid ", holder,
                                       " (flock): ", folder())) !=
           std::string::npos;
  })) << Ctl("agents --json").text;
  EXPECT_THAT(Ctl("agents").text,
              HasSubstr("cannot enforce, tables held by another: the lock is"));
  lab_.Stop(holder, SIGKILL);
  lab_.Shell(kServer, "pkill -f 'sleep 60'");
  EXPECT_TRUE(AwaitCurrent(1)) << Ctl("agents").text;
}

// One backend, and what somebody else does to it.
struct Damage {
  const char* firewall;
  const char* name;
  const char* command;
};

class AgentRepairTest : public AgentHalvesTest,
                        public testing::WithParamInterface<Damage> {};

TEST_P(AgentRepairTest, TakesLessThanTwoSeconds) {
  StartWithABan(GetParam().firewall);
  lab_.MustShell(kServer, GetParam().command);
  EXPECT_TRUE(AwaitRefused(kHowToAttacker, kServer, absl::Seconds(2)));
  EXPECT_TRUE(Eventually([&] {
    return ReadFile(OutputOf(kServer)).find("changed by someone else") !=
           std::string::npos;
  }));
}

INSTANTIATE_TEST_SUITE_P(
    Damages, AgentRepairTest,
    testing::Values(
        Damage{"ipset", "IpsetTablesFlushed", "iptables-legacy -F"},
        Damage{"ipset", "IpsetSetFlushed", "ipset flush mxban-sendmail-auth-4"},
        Damage{"ipset", "IpsetJumpMoved",
               "iptables-legacy -S INPUT 1 | sed s/-A/-D/ | "
               "xargs iptables-legacy && "
               "iptables-legacy -A INPUT -p tcp --dport 25 -j ACCEPT && "
               "iptables-legacy -A INPUT -p tcp -m multiport --dports "
               "587,465,25 -j mxban-sendmail-auth"},
        Damage{"iptables", "IptablesFlushed",
               "iptables-legacy -F && iptables-legacy -X"},
        Damage{"nftables", "NftablesFlushed", "nft flush ruleset"},
        Damage{"nftables", "NftablesSetFlushed",
               "nft flush set inet mxban mxban-sendmail-auth-4-32"}),
    [](const auto& test) { return test.param.name; });

// The kernel tells of changes to nftables: no need to wait for the next look.
TEST_F(AgentHalvesTest, NewsOfDamageIsHeededAtOnce) {
  StartWithABan("nftables");
  absl::Duration slowest;
  for (int i = 0; i < 3; ++i) {
    // Not within a second of the repair before, which would be put off.
    absl::SleepFor(absl::Milliseconds(1500));
    lab_.MustShell(kServer,
                   "nft flush set inet mxban mxban-sendmail-auth-4-32");
    const absl::Time start = absl::Now();
    ASSERT_TRUE(AwaitRefused(kHowToAttacker, kServer));
    slowest = std::max(slowest, absl::Now() - start);
  }
  EXPECT_LT(slowest, absl::Milliseconds(200));
}

class AgentRestartTest : public AgentHalvesTest,
                         public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Backends, AgentRestartTest,
                         testing::Values("ipset", "nftables", "iptables"),
                         [](const auto& test) {
                           return std::string(test.param);
                         });

TEST_P(AgentRestartTest, LetsNobodyIn) {
  StartWithABan(GetParam());
  ExpectRefusedDuring([&] {
    for (const int signal : {SIGTERM, SIGKILL}) {
      lab_.Stop(agent_, signal);
      agent_ = Start(GetParam());
      ASSERT_TRUE(AwaitCurrent(1));
    }
  });
}

TEST_P(AgentRestartTest, NewPortsAndNewNamesLetNobodyIn) {
  StartWithABan(GetParam());
  const std::string path = folder() + "/config/jail.local";
  const std::string original = ReadFile(path);
  ExpectRefusedDuring([&] {
    for (const auto& [from, to] :
         std::vector<std::pair<std::string, std::string>>{
             {"submission,465,smtp", "smtp,2525"},
             {"name=sendmail-auth", "name=other"},
             {"", ""}}) {
      std::string changed = original;
      const size_t at = changed.find(from);
      if (!from.empty()) changed.replace(at, from.size(), to);
      std::ofstream(path) << changed;
      ASSERT_EQ(Ctl("reload").exit_code, 0);
      ASSERT_TRUE(AwaitCurrent(1));
    }
  });
}

TEST_F(AgentHalvesTest, AnotherBackendTakesOverWithoutAGapAndWithoutATrace) {
  StartWithABan("ipset");
  ExpectRefusedDuring([&] {
    for (const char* firewall : {"nftables", "iptables", "ipset"}) {
      lab_.Stop(agent_, SIGTERM);
      agent_ = Start(firewall);
      ASSERT_TRUE(Eventually([&] {
        return Ctl("agents").text.find(firewall) != std::string::npos;
      })) << Ctl("agents").text;
      ASSERT_TRUE(AwaitCurrent(1));
    }
  });
  EXPECT_EQ(lab_.MustShell(kServer, "nft list ruleset"), "");
  lab_.Stop(agent_, SIGTERM);
  agent_ = Start("nftables");
  ASSERT_TRUE(Eventually([&] {
    return lab_.MustShell(kServer, "iptables-legacy -S; ipset list -n")
               .find("mxban") == std::string::npos;
  }));
  EXPECT_EQ(Connect(kHowToAttacker, kServer, 25), Outcome::kRefused);
}

TEST_F(AgentHalvesTest, ProbingSaysWhatWorksAndWhatAutoTakes) {
  const NetworkLab::Output all =
      lab_.Shell(kServer, "agent/mxban-agent --probe_firewall");
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.text,
              testing::MatchesRegex("FIREWALL +WORKS *\n"
                                    "ipset +yes +auto takes this one\n"
                                    "nftables +yes *\n"
                                    "iptables +yes *\n"));
  const NetworkLab::Output none =
      lab_.Shell(kServer,
                 "setpriv --reuid=nobody --clear-groups agent/mxban-agent "
                 "--probe_firewall");
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.text, HasSubstr("no firewall works here"));
  EXPECT_THAT(none.text, HasSubstr("it takes CAP_NET_ADMIN"));
}

TEST_F(AgentHalvesTest, ABanEndsARunningSessionAtOnce) {
  StartCoordinator({"--insecure"});
  agent_ = Start("ipset");
  ASSERT_TRUE(AwaitCurrent(1));
  lab_.MustShell(kServer,
                 "iptables-legacy -A INPUT -p tcp --dport 9 -j ACCEPT");
  Outcome outcome;
  const int session =
      lab_.Connect("outside", kHowToAttacker, AddressOf(kServer), 25,
                   absl::Seconds(2), outcome);
  ASSERT_EQ(outcome, Outcome::kConnected);
  Attack(kServer, absl::Now());
  // Neither side says anything, and yet it is over.
  pollfd watched = {session, POLLIN, 0};
  ASSERT_EQ(poll(&watched, 1, 5000), 1) << "the session goes on";
  char byte;
  EXPECT_LE(recv(session, &byte, 1, 0), 0);
  close(session);
  EXPECT_THAT(lab_.MustShell(kServer, "ss -Htn state established sport = :25"),
              testing::Not(HasSubstr(kHowToAttacker)));
}

}  // namespace
}  // namespace mxban
