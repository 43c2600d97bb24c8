#include "coordinator/jail_description.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

TEST(JailDescriptionTest, DescribesWhatBecameOfTheHowTo) {
  EXPECT_EQ(DescribeJails(*LoadJails("tests/corpus/seed")), R"([sendmail]
  logs      /var/log/mail.log
  filter    sendmail: 1 failregex, 0 ignoreregex
  ban       at the first failure, 8h
  rails     at most 500 bans a minute, others are held
  ipv6      by /64
  ignored   each server's own addresses
  closed    tcp ports 587,465,25 in chain mxban-sendmail-auth, answered with a TCP reset

Failures are counted exactly, over all servers: so many within any such time.
Fail2Ban estimates a rate instead.

Not honoured:
  tests/corpus/seed/jail.local:3: [sendmail] port = smtp,ssmtp is not used: the action names its own ports
)");
}

TEST(JailDescriptionTest, ShowsEveryValueThatIsInForce) {
  Jail jail;
  jail.name = "j";
  jail.filter = {.fail_regexes = {"a <HOST>", "b <HOST>"},
                 .ignore_regexes = {"c"},
                 .prefix_regex = "d",
                 .date_patterns = {"{^LN-BEG}", "EPOCH"},
                 .time_zone = "UTC+0200",
                 .max_lines = 5,
                 .use_names = false};
  jail.log_paths = {"/var/log/a", "/var/log/b"};
  jail.max_retry = 5;
  jail.find_time = absl::Hours(25);
  jail.ban_time = absl::InfiniteDuration();
  jail.escalation = Escalation{.factor = 2,
                               .max_time = absl::Hours(48),
                               .random_time = absl::Minutes(10),
                               .over_all_jails = true};
  jail.dry_run = true;
  jail.min_servers = 2;
  jail.max_ban_rate = 1;
  jail.enforcement = {"e", {{1, 65535}}, Rejection::kDrop};
  JailConfig config;
  config.jails = {jail};
  config.filters["j"] = "f[mode=x]";
  config.ignore_lists["j"] = {.networks = {IpNetwork::ParseOrDie("192.0.2.1")},
                              .names = {"mx.example.net"},
                              .files = {"/etc/allow"}};
  EXPECT_EQ(DescribeJails(config), R"([j]
  logs      /var/log/a
            /var/log/b
  filter    f[mode=x]: 2 failregex, 1 ignoreregex, prefregex, 5 lines at once, no host names
  dates     {^LN-BEG}
            EPOCH
  zone      UTC+0200
  ban       at 5 failures within 1d1h, for ever
  again     a failure counts as 2, 3, 5; bans of all jails are remembered for three times their length and 1d
  rails     dry run, nothing is enforced; seen by 2 servers; at most 1 ban a minute, others are held
  ipv6      by /64
  ignored   192.0.2.1 name:mx.example.net file:/etc/allow each server's own addresses
  closed    all tcp ports in chain mxban-e, dropped

Failures are counted exactly, over all servers: so many within any such time.
Fail2Ban estimates a rate instead.
)");
}

TEST(JailDescriptionTest, ShowsWhatOfTheJournalIsRead) {
  Jail jail;
  jail.name = "j";
  jail.journal = Journal();
  jail.enforcement = {"e", {{25, 25}}, Rejection::kDrop};
  JailConfig config;
  config.filters["j"] = "f";
  config.ignore_lists["j"];
  config.jails = {jail};
  EXPECT_THAT(DescribeJails(config),
              HasSubstr("[j]\n  journal   of each server, flags 4\n"
                        "  matches   every message\n"));
  config.jails[0].journal = Journal{"/j", 0};
  config.jails[0].journal_matches = {"A=1 + B=2", "C=3"};
  EXPECT_THAT(DescribeJails(config),
              HasSubstr("  journal   /j, flags 0\n  matches   A=1 + B=2\n"
                        "            C=3\n"));
}

TEST(JailDescriptionTest, ShowsWhatRightLoginsAreGoodFor) {
  Jail jail;
  jail.name = "j";
  jail.filter = {.fail_regexes = {"a <HOST>"},
                 .success_regexes = {"<F-USER>b</F-USER> <HOST>"}};
  jail.good_time = absl::Hours(36);
  jail.max_good_share = 0.05;
  JailConfig config;
  config.jails = {jail};
  config.filters["j"] = "f";
  config.ignore_lists["j"];
  EXPECT_THAT(
      DescribeJails(config),
      HasSubstr("  filter    f: 1 failregex, 0 ignoreregex, 1 successregex\n"
                "  ban       at 3 failures within 10m, 10m\n"
                "  forgiven  users who log in rightly from the same source, up "
                "to 1d12h before or later\n"
                "  good      at most 5% of the sources with a right login are "
                "banned within 10m, and always 3\n"));
}

std::string AgainOf(Jail jail) {
  jail.name = "j";
  jail.escalation.emplace();
  JailConfig config;
  config.jails = {jail};
  config.filters["j"] = "f";
  config.ignore_lists["j"] = {};
  const std::string text = DescribeJails(config);
  const size_t at = text.find("  again     ");
  if (at == std::string::npos) return "";
  return text.substr(at + 12, text.find('\n', at) - at - 12);
}

TEST(JailDescriptionTest, SaysHowMuchMoreAKnownOffendersFailuresCount) {
  const std::string memory =
      "; bans of this jail are remembered for three times their length and 1d";
  Jail jail;
  jail.max_retry = 100;
  EXPECT_EQ(
      AgainOf(jail),
      "twice as long each time; a failure counts as 2, 3, 5, 9, ..." + memory);
  jail.max_retry = 4;
  EXPECT_EQ(AgainOf(jail),
            "twice as long each time; a failure counts as 2, 3, 4" + memory);
  jail.max_retry = 1;
  EXPECT_EQ(AgainOf(jail), "twice as long each time" + memory);
  jail.ban_time = absl::InfiniteDuration();
  EXPECT_EQ(AgainOf(jail), "");
  jail.max_retry = 9;
  EXPECT_EQ(AgainOf(jail), "a failure counts as 2, 3, 5, 9" + memory);
}

TEST(JailDescriptionTest, NoJailIsAllThereIsToSay) {
  JailConfig config;
  config.notes = {"no jail is enabled"};
  EXPECT_EQ(DescribeJails(config), "Not honoured:\n  no jail is enabled\n");
}

}  // namespace
}  // namespace mxban
