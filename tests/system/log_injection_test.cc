// What a client writes into a log, and whom it gets banned: itself, never the
// one it names. A real fleet reads it with the shipped filters; each line is
// sendmail's own form around words of a client.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAttacker[] = "203.0.113.30";
constexpr char kVictim[] = "198.51.100.7";

// Before the number, in a jail's JSON.
constexpr absl::string_view kCount = "\"failure_count\":\"";

// Words of the attacker in place of a user name, with NULs kept.
std::vector<std::string> HostileUsers() {
  return {
      // More of the line.
      absl::StrCat("x, relay=[", kVictim, "]"),
      absl::StrCat("x, relay=[", kVictim, "], relay=h [", kVictim, "]"),
      absl::StrCat("[", kVictim, "]: possible SMTP attack: command=AUTH"),
      // A line of its own, as syslogd shows a newline.
      absl::StrCat("x#012Nov 26 08:00:00 mx1 sm-mta[99]: 6AN8jr2Q001737: AUTH "
                   "failure (PLAIN): authentication failure (-13) SASL(-13), "
                   "user=y, relay=[",
                   kVictim, "]"),
      absl::StrCat("x\\nNov 26 08:00:00 mx1 sm-mta[99]: AUTH=server, relay=[",
                   kAttacker, "], authid=x, mech=PLAIN, bits=0"),
      // Bytes that are no text.
      std::string("x\0y\0", 4),
      "x\xff\xfe\xc3\x28\xf0\x9f",
      "x\x1b[2J\x1b]0;owned\x07",
      "x\ry",
      "",
  };
}

// Names of the attacker's host, where DNS or ident says what he likes.
std::vector<std::string> HostileNames() {
  return {
      absl::StrCat(kVictim, ".example.net "),
      "ip6-localhost.example.net ",
      absl::StrCat("IDENT:", kVictim, "@host.example.net "),
      "relay.example.net ",
  };
}

class LogInjectionTest : public FleetTest {
 protected:
  // Every failed login counts, so that each line below is seen to.
  void StartReading(size_t max_retry) {
    for (const auto& filter :
         std::filesystem::directory_iterator("deploy/config/filter.d")) {
      std::filesystem::copy(filter, folder() + "/config/filter.d",
                            std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::create_directories(folder() + "/config/jail.d");
    std::ofstream(folder() + "/config/jail.d/auth.local")
        << "[auth]\nenabled = true\nfilter = sendmail-auth\n"
           "logpath = /var/log/mail.log\nfindtime = 1h\nbantime = 1h\n"
           "ignoreip =\nmaxretry = "
        << max_retry
        << "\naction = iptables-multiport[name=auth, port=\"25,465,587\"]\n";
    StartCoordinator({"--insecure"});
    for (const std::string& server : kServers) {
      agents_[server] = StartAgent(
          server, {"--insecure", absl::StrCat("--log=auth=", LogOf(server))});
    }
    ASSERT_TRUE(AwaitCurrent(kServers.size())) << Ctl("agents").text;
  }

  // How many failures of `auth` the coordinator has counted.
  size_t CountedInJail() {
    for (const absl::string_view line :
         absl::StrSplit(Ctl("jails --json").text, '\n')) {
      if (!absl::StrContains(line, "\"name\":\"auth\"")) continue;
      absl::string_view rest =
          line.substr(std::min(line.find(kCount), line.size()));
      size_t count = 0;
      if (absl::ConsumePrefix(&rest, kCount) &&
          absl::SimpleAtoi(rest.substr(0, rest.find('"')), &count)) {
        return count;
      }
    }
    return 0;
  }

  void Write(absl::string_view text) {
    std::ofstream(LogOf("mx1"), std::ios::app | std::ios::binary)
        << absl::FormatTime("%b %e %H:%M:%S", absl::Now(),
                            absl::LocalTimeZone())
        << " mx1 sm-mta[1737]: " << text << "\n";
  }

  // A failed login of a client of this name.
  void Fail(absl::string_view user, absl::string_view name,
            absl::string_view address) {
    Write(
        absl::StrCat("6AN8jr2Q001737: AUTH failure (PLAIN): authentication "
                     "failure (-13) SASL(-13): authentication failure: "
                     "Password verification failed, user=",
                     user, ", relay=", name, "[", address, "]"));
  }
};

TEST_F(LogInjectionTest, WhoeverWritesIsBannedAndNobodyWhoIsNamed) {
  const std::vector<std::string> users = HostileUsers();
  const std::vector<std::string> names = HostileNames();
  StartReading(users.size() + names.size() + 1);
  for (const std::string& user : users) Fail(user, "", kAttacker);
  for (const std::string& name : names) Fail("bob", name, kAttacker);

  // Lines that are none of a failure, whatever they quote; the long ones are
  // passed over.
  const std::string quoted = absl::StrCat("[", kVictim, "]");
  Write(absl::StrCat("6AN8gJ0v001870: [", kAttacker, "]: VRFY ", quoted,
                     ": possible SMTP attack: command=AUTH, count=5"));
  Write(absl::StrCat("6AN8gJ0v001870: <-- AUTH PLAIN x, relay=", quoted));
  Write(absl::StrCat("6AN8gJ0v001870[2]: aaa, relay=", quoted, " ..."));
  Fail(absl::StrCat(std::string(1 << 20, 'a'), ", relay=", quoted), "",
       kVictim);
  Write(std::string(1 << 20, '\0'));

  // One is missing until now: none of the lines counted twice.
  ASSERT_TRUE(Eventually([&] {
    return CountedInJail() == users.size() + names.size();
  })) << CountedInJail();
  EXPECT_THAT(Ctl("bans --jail auth").text, HasSubstr("no bans stand"));
  Fail("bob", "", kAttacker);
  ASSERT_TRUE(AwaitRefused(kAttacker, "mx2")) << Ctl("bans").text;

  const std::string bans = Ctl("bans --json").text;
  EXPECT_THAT(bans, Not(HasSubstr(absl::StrCat("\"source\":\"", kVictim))));
  EXPECT_EQ(Connect(kVictim, "mx1", 25), NetworkLab::Outcome::kConnected);
  for (const char byte : Ctl("bans").text + bans) {
    EXPECT_TRUE(byte == '\n' || (byte >= ' ' && byte <= '~'))
        << static_cast<int>(byte) << " reaches the terminal";
  }
}

}  // namespace
}  // namespace mxban
