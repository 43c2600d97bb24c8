// The rails of a real fleet: what keeps a wrong ban from becoming an outage, as
// an operator uses it, on real kernels.

#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;

// What operators may rely on.
constexpr absl::Duration kPromised = absl::Seconds(1);

class RailsTest : public FleetTest {
 protected:
  // Adds to the how-to's jail.
  void Configure(const std::string& options) {
    std::filesystem::create_directories(folder() + "/config/jail.d");
    std::ofstream(folder() + "/config/jail.d/rails.local") << "[sendmail]\n"
                                                           << options;
  }

  // One failure of each of `count` sources, in one go.
  void AttackFromMany(int count) {
    const std::string time =
        absl::FormatTime("%b %e %H:%M:%S", absl::Now(), absl::LocalTimeZone());
    std::string lines;
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&lines, time, " server sm-mta[1195]: o0LNaCc5001195: [",
                      NumberedSource(i),
                      "]: possible SMTP attack: command=AUTH, count=5\n");
    }
    std::ofstream(LogOf("mx1"), std::ios::app) << lines;
  }

  static std::string NumberedSource(int i) {
    return absl::StrCat("11.", i / 65536, ".", i / 256 % 256, ".", i % 256);
  }

  // Whether `mxbanctl status --json` comes to have `value` under `name`.
  bool AwaitStatus(const std::string& name, int64_t value) {
    return Eventually([&] {
      return absl::StrContains(Ctl("status --json").text,
                               absl::StrCat("\"", name, "\":\"", value, "\""));
    });
  }

  // What Prometheus would read.
  std::string Metrics() {
    return lab_.MustShell(
        "coordinator",
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/7462; printf \"GET /metrics "
        "HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'");
  }

  void MustCtl(const std::string& command) {
    const NetworkLab::Output output = Ctl(command);
    ASSERT_EQ(output.exit_code, 0) << command << ": " << output.text;
  }

  bool IsConnected(const std::string& server) {
    return Connect(kHowToAttacker, server, 25) ==
           NetworkLab::Outcome::kConnected;
  }

  // Runs a command and says how long it is until every server lets the how-to's
  // attacker in, or refuses it.
  absl::Duration TimeUntilAll(bool are_connected, const std::string& command) {
    const absl::Time start = absl::Now();
    const NetworkLab::Output output = Ctl(command);
    EXPECT_EQ(output.exit_code, 0) << command << ": " << output.text;
    for (const std::string& server : kServers) {
      EXPECT_TRUE(Eventually([&] {
        return IsConnected(server) == are_connected;
      })) << server
          << " after " << command;
    }
    const absl::Duration taken = absl::Now() - start;
    std::printf("figure: %.0f ms until all servers heed: %s\n",
                absl::ToDoubleMilliseconds(taken), command.c_str());
    return taken;
  }

  void BanTheAttacker() {
    Attack("mx1", absl::Now());
    for (const std::string& server : kServers) {
      ASSERT_TRUE(AwaitRefused(kHowToAttacker, server)) << Ctl("bans").text;
    }
  }

  // As after the worst.
  void RestartCoordinator() {
    lab_.Stop(coordinator_, SIGKILL);
    StartCoordinator({"--insecure"});
    ASSERT_TRUE(AwaitCurrent(kServers.size()));
  }
};

TEST_F(RailsTest, APauseStopsTheFleetWithinASecondAndSoItResumes) {
  constexpr int kBans = 20'000;
  Configure("maxbanrate = 0\n");
  StartFleet();
  AttackFromMany(kBans);
  ASSERT_TRUE(AwaitStatus("ban_count", kBans)) << Ctl("status").text;
  BanTheAttacker();
  ASSERT_TRUE(AwaitCurrent(kServers.size()));

  EXPECT_LT(TimeUntilAll(true, "pause --reason drill --yes"), kPromised);
  EXPECT_THAT(Ctl("status").text, HasSubstr("PAUSED"));
  EXPECT_THAT(Ctl("status").text, HasSubstr("20,001 bans stand"));
  EXPECT_THAT(Ctl("bans | head -2").text, HasSubstr("dry run"));
  EXPECT_THAT(Metrics(), HasSubstr("mxban_paused 1"));

  EXPECT_LT(TimeUntilAll(false, "resume --yes"), kPromised);
  EXPECT_THAT(Ctl("status").text, Not(HasSubstr("PAUSED")));
  for (const std::string& server : kServers) {
    EXPECT_TRUE(Eventually([&] {
      return lab_.MustShell(
                 server, "ipset list mxban-sendmail-auth-4 | grep -c ^11[.]") ==
             "20000\n";
    })) << server;
  }
}

TEST_F(RailsTest, APauseOutlivesTheCoordinatorAndAReload) {
  StartFleet();
  BanTheAttacker();
  MustCtl("pause --reason drill --yes");
  MustCtl("reload");
  RestartCoordinator();
  EXPECT_THAT(Ctl("status").text, HasSubstr("by unix:root: drill"));
  for (const std::string& server : kServers) {
    EXPECT_TRUE(Eventually([&] { return IsConnected(server); }));
  }
  Attack("mx2", absl::Now(), "203.0.113.30");
  ASSERT_TRUE(AwaitStatus("ban_count", 2)) << "decided all the same";
  EXPECT_LT(TimeUntilAll(false, "resume --yes"), kPromised);
  EXPECT_TRUE(AwaitRefused("203.0.113.30", "mx1"));
}

TEST_F(RailsTest, AllowingEndsABanEverywhereAndForGood) {
  StartFleet();
  BanTheAttacker();
  const std::string add = absl::StrCat("allow add ", kHowToAttacker);
  EXPECT_LT(TimeUntilAll(true, add + " --reason customer"), kPromised);
  const auto is_allowed_in_kernel = [&](const std::string& server) {
    return absl::StrContains(
        lab_.MustShell(server, "ipset list mxban-sendmail-auth-a4"),
        kHowToAttacker);
  };
  for (const std::string& server : kServers) {
    EXPECT_TRUE(Eventually([&] { return is_allowed_in_kernel(server); }));
  }
  EXPECT_THAT(Ctl("allow list").text, HasSubstr("customer"));
  RestartCoordinator();
  Attack("mx1", absl::Now());
  Attack("mx1", absl::Now(), "203.0.113.30");
  ASSERT_TRUE(AwaitRefused("203.0.113.30", "mx2"));
  EXPECT_TRUE(IsConnected("mx2"));
  EXPECT_THAT(
      Ctl(absl::StrCat("ban ", kHowToAttacker, " --jail sendmail")).text,
      HasSubstr("never bans"));
  MustCtl(absl::StrCat("allow remove ", kHowToAttacker));
  for (const std::string& server : kServers) {
    EXPECT_TRUE(Eventually([&] { return !is_allowed_in_kernel(server); }));
  }
  BanTheAttacker();
}

TEST_F(RailsTest, AFileOfCustomersIsAllowedAndFollowed) {
  StartFleet();
  BanTheAttacker();
  const std::string file = folder() + "/customers";
  std::ofstream(file) << "203.0.113.30\n";
  MustCtl("allow add file:" + file);
  std::ofstream(file) << "203.0.113.30\n" << kHowToAttacker << "\n";
  for (const std::string& server : kServers) {
    EXPECT_TRUE(Eventually([&] { return IsConnected(server); }));
  }
  EXPECT_THAT(Ctl("allow list").text, HasSubstr("is 119.129.227.125, 203.0"));
}

TEST_F(RailsTest, UndoPardonsWithinASecond) {
  StartFleet();
  MustCtl("ban 203.0.113.30 --jail sendmail");
  BanTheAttacker();
  EXPECT_LT(TimeUntilAll(true, "undo --since 10m --yes"), kPromised);
  EXPECT_EQ(Connect("203.0.113.30", "mx1", 25), NetworkLab::Outcome::kRefused)
      << "operators know what they do";
}

TEST_F(RailsTest, ADryRunDecidesAndEnforcesNothing) {
  Configure("dryrun = yes\n");
  StartFleet();
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitStatus("ban_count", 1));
  ASSERT_TRUE(AwaitCurrent(kServers.size()));
  EXPECT_THAT(Ctl("bans").text, HasSubstr("dry run"));
  EXPECT_THAT(Ctl("jails").text, HasSubstr("dry run"));
  for (const std::string& server : kServers) {
    EXPECT_TRUE(IsConnected(server));
  }
  // Alone a server would ban this one by itself.
  lab_.Stop(coordinator_, SIGKILL);
  Attack("mx1", absl::Now(), "203.0.113.30");
  EXPECT_FALSE(AwaitRefused("203.0.113.30", "mx1", absl::Seconds(3)));
  StartCoordinator({"--insecure"});
  ASSERT_TRUE(AwaitStatus("ban_count", 2));
  ASSERT_TRUE(AwaitCurrent(kServers.size()));

  Configure("dryrun = no\n");
  EXPECT_LT(TimeUntilAll(false, "reload"), kPromised);
  EXPECT_TRUE(AwaitRefused("203.0.113.30", "mx1"));
  Configure("dryrun = yes\n");
  EXPECT_LT(TimeUntilAll(true, "reload"), kPromised);
}

TEST_F(RailsTest, AWaveBeyondTheRateWaitsForAnOperator) {
  Configure("maxbanrate = 5\n");
  StartFleet();
  AttackFromMany(20);
  ASSERT_TRUE(AwaitStatus("held_ban_count", 15)) << Ctl("status").text;
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitStatus("held_ban_count", 16)) << Ctl("status").text;
  EXPECT_TRUE(AwaitStatus("ban_count", 5));
  EXPECT_TRUE(IsConnected("mx1"));
  EXPECT_THAT(Ctl("held list").text, HasSubstr("16 bans are held"));
  EXPECT_THAT(Ctl("held list").text, HasSubstr("maxbanrate"));
  EXPECT_THAT(Metrics(), HasSubstr("mxban_held_bans 16"));
  EXPECT_THAT(
      Metrics(),
      HasSubstr("mxban_bans_held_total{jail=\"sendmail\",rail=\"maxbanrate\"} "
                "16"));
  RestartCoordinator();
  EXPECT_THAT(Ctl("held list").text, HasSubstr("16 bans are held"));

  EXPECT_LT(TimeUntilAll(false, absl::StrCat("held release ", kHowToAttacker)),
            kPromised);
  MustCtl("held drop --all --yes");
  EXPECT_THAT(Ctl("held list").text, HasSubstr("no bans are held"));
  EXPECT_TRUE(AwaitStatus("ban_count", 6));
  EXPECT_EQ(Ctl("held release --all --yes").exit_code, 1);
}

}  // namespace
}  // namespace mxban
