#include "coordinator/jail_config.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kFilter[] = "[Definition]\nfailregex = bad <HOST>$\n";
constexpr char kJail[] =
    "[j]\nenabled = true\nfilter = f\nlogpath = /var/log/mail.log\n"
    "action = iptables-multiport[port=25]\n";

absl::StatusOr<JailConfig> Load(const std::string& jail_local,
                                const std::string& jail_conf = "") {
  ConfigDirectory directory;
  directory.Write("jail.local", jail_local).Write("filter.d/f.conf", kFilter);
  if (!jail_conf.empty()) directory.Write("jail.conf", jail_conf);
  return LoadJails(directory.path());
}

std::string ErrorOf(const std::string& jail_local) {
  const auto config = Load(jail_local);
  return config.ok() ? "" : std::string(config.status().message());
}

// The only jail of a file, with more `options` than it needs.
Jail JailWith(const std::string& options, const std::string& jail_conf = "") {
  const auto config = Load(kJail + options, jail_conf);
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok() || config->jails.size() != 1) return {};
  return config->jails[0];
}

void ExpectTheHowTosJail(const Jail& jail) {
  EXPECT_EQ(jail.name, "sendmail");
  EXPECT_EQ(jail.max_retry, 1u);
  EXPECT_EQ(jail.ban_time, absl::Hours(8));
  EXPECT_EQ(jail.find_time, absl::Minutes(10));
  EXPECT_THAT(jail.log_paths, ElementsAre("/var/log/mail.log"));
  EXPECT_THAT(jail.filter.fail_regexes,
              ElementsAre(R"(\[<HOST>\]: possible SMTP attack: command=AUTH)"));
  EXPECT_EQ(jail.enforcement.name, "sendmail-auth");
  EXPECT_THAT(
      jail.enforcement.ports,
      ElementsAre(PortRange{587, 587}, PortRange{465, 465}, PortRange{25, 25}));
}

TEST(JailConfigTest, TheHowToLoadsUnchanged) {
  const auto config = LoadJails("tests/corpus/seed");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->jails.size(), 1u);
  ExpectTheHowTosJail(config->jails[0]);
  EXPECT_THAT(config->notes,
              ElementsAre("tests/corpus/seed/jail.local:3: [sendmail] port = "
                          "smtp,ssmtp is not used: the action names its own "
                          "ports"));
}

TEST(JailConfigTest, TheShippedFilesMeanTheSame) {
  const auto config = LoadJails("deploy/config");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->jails.size(), 2u);
  ExpectTheHowTosJail(config->jails[0]);
  EXPECT_EQ(config->jails[1].name, "sendmail-auth");
  EXPECT_EQ(config->jails[1].filter.success_regexes.size(), 1u);
  EXPECT_EQ(config->jails[1].max_good_share, 0.05);
  EXPECT_THAT(config->notes, IsEmpty());
}

TEST(JailConfigTest, DefaultsAreFail2Bans) {
  const Jail jail = JailWith("");
  EXPECT_EQ(jail.max_retry, 3u);
  EXPECT_EQ(jail.find_time, absl::Minutes(10));
  EXPECT_EQ(jail.ban_time, absl::Minutes(10));
  EXPECT_EQ(jail.ipv6_prefix, 64);
  EXPECT_EQ(jail.enforcement.name, "j");
  EXPECT_FALSE(jail.dry_run);
  EXPECT_EQ(jail.min_servers, 1u);
  EXPECT_EQ(jail.max_ban_rate, 500u);
}

TEST(JailConfigTest, TheRailsAreRead) {
  const Jail jail = JailWith("dryrun = yes\nminservers = 3\nmaxbanrate = 0\n");
  EXPECT_TRUE(jail.dry_run);
  EXPECT_EQ(jail.min_servers, 3u);
  EXPECT_EQ(jail.max_ban_rate, 0u);
}

TEST(JailConfigTest, OptionsAreRead) {
  const Jail jail = JailWith(
      "maxretry = 5\nfindtime = 1h\nbantime = -1\nipv6prefix = 48\n"
      "ignoreip = 192.0.2.0/24 localhost\nbackend = auto\n"
      "ignoreself = no\nlogtimezone = UTC+0200\nminservers = 1\n");
  EXPECT_EQ(jail.max_retry, 5u);
  EXPECT_EQ(jail.find_time, absl::Hours(1));
  EXPECT_EQ(jail.ban_time, absl::InfiniteDuration());
  EXPECT_EQ(jail.ipv6_prefix, 48);
  EXPECT_THAT(jail.ignored_networks,
              ElementsAre(IpNetwork::ParseOrDie("192.0.2.0/24")));
  EXPECT_FALSE(jail.ignore_self);
  EXPECT_EQ(jail.filter.time_zone, "UTC+0200");
}

TEST(JailConfigTest, OnlyEnabledJailsAreLoaded) {
  const auto config = Load("[off]\nnonsense = 1\n[no]\nenabled = false\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->jails, IsEmpty());
  EXPECT_THAT(config->notes, ElementsAre(HasSubstr("no jail is enabled")));
}

TEST(JailConfigTest, TheStockJailsInterpolationWorks) {
  const auto config = Load(
      "[j]\nenabled = true\nfilter = f\nlogpath = /l\nport = smtp,465\n",
      "[DEFAULT]\nbanaction = nftables-multiport\nchain = <known/chain>\n"
      "protocol = tcp\naction_ = %(banaction)s[name=%(__name__)s, "
      "port=\"%(port)s\", protocol=\"%(protocol)s\", chain=\"%(chain)s\"]\n"
      "action = %(action_)s\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->jails[0].enforcement.ports.size(), 2u);
  EXPECT_THAT(config->notes, IsEmpty());
}

TEST(JailConfigTest, ABanactionWithoutAnActionIsEnough) {
  const auto config = Load(
      "[j]\nenabled = 1\nfilter = f\nlogpath = /l\n"
      "port = smtp\nbanaction = iptables-multiport\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->jails[0].enforcement.ports,
              ElementsAre(PortRange{25, 25}));
}

TEST(JailConfigTest, AJailMayExtendItsFilter) {
  const Jail jail =
      JailWith("failregex = %(known/failregex)s\n  worse <HOST>\n");
  EXPECT_THAT(jail.filter.fail_regexes,
              ElementsAre("bad <HOST>$", "worse <HOST>"));
}

TEST(JailConfigTest, HelpersMayHaveAnyName) {
  EXPECT_EQ(JailWith("span = 2h\nbantime = %(span)s\n").ban_time,
            absl::Hours(2));
  EXPECT_EQ(JailWith("", "[DEFAULT]\nwhatever = 1\n").name, "j");
}

TEST(JailConfigTest, WhatHarmsNobodyIsANote) {
  const auto config = Load(std::string(kJail) +
                           "destemail = a@b.c\n"
                           "maxmatches = 3\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->notes,
              ElementsAre(HasSubstr(":6: [j] destemail: mxban sends no mail"),
                          HasSubstr(":7: [j] maxmatches: a ban keeps")));
}

struct Refusal {
  const char* options;
  const char* message;
};

class JailRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(JailRefusalTest, NamesFileAndLine) {
  EXPECT_THAT(
      ErrorOf(std::string(kJail) + GetParam().options),
      AllOf(HasSubstr("/jail.local:6: "), HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, JailRefusalTest,
    testing::Values(
        Refusal{"maxretyr = 1",
                "unknown option 'maxretyr'; did you mean maxretry?"},
        Refusal{"maxretry = 1 # one", "maxretry: '1 # one' is not a number"},
        Refusal{"findtime = soon", "findtime: 'soon' is not a length"},
        Refusal{"bantime = %(x)s", "%(x)s is defined nowhere"},
        Refusal{"bantime = 0", "bantime: '0' is neither"},
        Refusal{"ignoreip = 1.2.3", "ignoreip: '1.2.3' is no address"},
        Refusal{"ignoreip = file:/no/file", "ignoreip: /no/file: cannot be"},
        Refusal{"ignoreself = perhaps", "ignoreself: 'perhaps' is neither"},
        Refusal{"logtimezone = Atlantis", "logtimezone: "},
        Refusal{"journalmatch = sshd", "journalmatch: 'sshd' is no FIELD"},
        Refusal{"backend = magic", "backend: 'magic' is not known"},
        Refusal{"minservers = 0", "minservers: '0' is not a number of servers"},
        Refusal{"minservers = two", "minservers: 'two' is not a number"},
        Refusal{"maxbanrate = -1", "maxbanrate: '-1' is not a number of bans"},
        Refusal{"maxbanrat = 1", "did you mean maxbanrate?"},
        Refusal{"dryrun = perhaps", "dryrun: 'perhaps' is neither"},
        Refusal{"ignorecommand = /bin/x", "ignorecommand is not supported"},
        Refusal{"usedns = maybe", "usedns: 'maybe' is none of"},
        Refusal{"failregex = (<HOST>", "failregex 1: missing closing"},
        Refusal{"failregex = who", "failregex 1: captures no failure id"}));

TEST(JailConfigTest, WhatAJailLacksIsSaidAtItsHeader) {
  EXPECT_THAT(ErrorOf("[j]\nenabled = true\nfilter = f\n"),
              AllOf(HasSubstr("jail.local:1: [j] has no logpath"),
                    HasSubstr("jail.local:1: [j] has no action")));
  EXPECT_THAT(ErrorOf("[j]\nenabled = true\n"),
              HasSubstr("jail.local:1: [j] there is no failregex"));
  EXPECT_THAT(ErrorOf("[j]\nenabled = true\nfilter = gone\n"),
              HasSubstr("jail.local:3: [j] there is no filter "));
}

TEST(JailConfigTest, OneMistakeRefusesAllAndAllAreListed) {
  const std::string error = ErrorOf(std::string(kJail) +
                                    "maxretyr = 1\nbantime = x\n[k]\n"
                                    "enabled = ture\n");
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(error, '\n')).size(), 3u)
      << error;
}

TEST(JailConfigTest, TwoJailsCannotShareAChain) {
  std::string second = kJail;
  second.replace(0, 3, "[k]");
  const std::string named = "action = iptables-multiport[port=25, name=x]\n";
  std::string text = std::string(kJail) + second;
  for (size_t at; (at = text.find("action = iptables-multiport[port=25]\n")) !=
                  std::string::npos;) {
    text.replace(at, 37, named);
  }
  EXPECT_THAT(ErrorOf(text), HasSubstr("jail.local:6: [k] and [j] both have"));
}

TEST(JailConfigTest, DefaultIsWrittenInCapitals) {
  EXPECT_THAT(ErrorOf(std::string(kJail) + "[Default]\nbantime = 1h\n"),
              HasSubstr("jail.local:6: [Default] is no jail; did you mean "
                        "[DEFAULT]?"));
}

TEST(JailConfigTest, NoFileAtAllIsNotFound) {
  ConfigDirectory directory;
  EXPECT_TRUE(absl::IsNotFound(LoadJails(directory.path()).status()));
}

TEST(JailConfigTest, WhatAllJailsShareIsSaidOnce) {
  const std::string jails = std::string(kJail) +
                            "[k]\nenabled = true\nfilter = f\nlogpath = /l\n"
                            "action = iptables-multiport[port=26]\n";
  const auto config =
      Load(jails,
           "[DEFAULT]\ncolour = red\nmaxmatches = 3\nlogencoding = latin-1\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(
      config->notes,
      ElementsAre(HasSubstr(":2: [DEFAULT] colour is not known; ignored"),
                  HasSubstr(":3: [DEFAULT] maxmatches: a ban keeps"),
                  HasSubstr(":4: [DEFAULT] logencoding = latin-1: lines")));
  const auto wrong = Load(jails, "[DEFAULT]\nmaxretyr = 3\nbantime = x\n");
  EXPECT_THAT(
      std::string(wrong.status().message()),
      AllOf(HasSubstr(":2: [DEFAULT] unknown option 'maxretyr'; did "
                      "you mean maxretry?\n"),
            HasSubstr(":3: [DEFAULT] bantime: 'x'"), Not(HasSubstr("[j]"))));
}

TEST(JailConfigTest, HowLongBansAreRememberedIsInFail2BanConf) {
  ConfigDirectory directory;
  directory.Write("jail.local", kJail).Write("filter.d/f.conf", kFilter);
  EXPECT_EQ(LoadJails(directory.path())->jails[0].ban_memory, absl::Hours(24));
  directory.Write("fail2ban.conf", "[DEFAULT]\ndbpurgeage = 1d\n")
      .Write("fail2ban.local", "[Definition]\ndbpurgeage = 30d\n");
  const auto config = LoadJails(directory.path());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->jails[0].ban_memory, absl::Hours(720));
  EXPECT_THAT(config->notes,
              ElementsAre(HasSubstr("/fail2ban.conf: only dbpurgeage"),
                          HasSubstr("/fail2ban.local: only dbpurgeage")));
  directory.Write("fail2ban.local", "[Definition]\ndbpurgeage = x\n");
  EXPECT_THAT(std::string(LoadJails(directory.path()).status().message()),
              HasSubstr("/fail2ban.local:2: dbpurgeage: 'x' is not"));
}

}  // namespace
}  // namespace mxban
