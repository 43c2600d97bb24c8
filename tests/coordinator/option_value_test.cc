#include "coordinator/option_value.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OptionValueTest, BooleansAreSpeltOut) {
  for (const char* yes : {"true", "YES", "on", "1"}) {
    EXPECT_TRUE(ParseBoolean(yes).value());
  }
  for (const char* no : {"false", "No", "off", "0", ""}) {
    EXPECT_FALSE(ParseBoolean(no).value());
  }
  EXPECT_FALSE(ParseBoolean("ture").ok()) << "never silently off";
}

TEST(OptionValueTest, MaxRetryOfZeroBansAtTheFirst) {
  EXPECT_EQ(*ParseMaxRetry("0"), 1u);
  EXPECT_EQ(*ParseMaxRetry("1"), 1u);
  EXPECT_EQ(*ParseMaxRetry("5"), 5u);
  EXPECT_FALSE(ParseMaxRetry("-1").ok());
  EXPECT_FALSE(ParseMaxRetry("1 # one").ok()) << "# starts no comment";
}

TEST(OptionValueTest, ABanMayLastForEver) {
  EXPECT_EQ(*ParseBanTime("-1"), absl::InfiniteDuration());
  EXPECT_EQ(*ParseBanTime("28800"), absl::Hours(8));
  EXPECT_FALSE(ParseBanTime("0").ok());
  EXPECT_FALSE(ParseBanTime("-2").ok());
}

TEST(OptionValueTest, AWindowIsNeverEmpty) {
  EXPECT_EQ(*ParseLength("10m"), absl::Minutes(10));
  EXPECT_FALSE(ParseLength("0").ok());
  EXPECT_FALSE(ParseLength("-1").ok());
}

TEST(OptionValueTest, EmptyMeansNoLimitAndNothingRandom) {
  EXPECT_EQ(*ParseMaxTime(""), absl::InfiniteDuration());
  EXPECT_EQ(*ParseMaxTime("1w"), absl::Hours(168));
  EXPECT_FALSE(ParseMaxTime("0").ok());
  EXPECT_EQ(*ParseRandomTime(""), absl::ZeroDuration());
  EXPECT_EQ(*ParseRandomTime("0"), absl::ZeroDuration());
  EXPECT_FALSE(ParseRandomTime("-1").ok());
}

TEST(OptionValueTest, AShareIsAFractionOrAPercentage) {
  EXPECT_EQ(*ParseShare("0.05"), 0.05);
  EXPECT_EQ(*ParseShare("5%"), 0.05);
  EXPECT_EQ(*ParseShare("2.5 %"), 0.025);
  EXPECT_EQ(*ParseShare("0"), 0);
  EXPECT_EQ(*ParseShare("1"), 1);
  EXPECT_EQ(*ParseShare("100%"), 1);
  for (const char* wrong : {"5", "101%", "-1%", "nan", "%", "", "a tenth"}) {
    EXPECT_FALSE(ParseShare(wrong).ok()) << wrong;
  }
}

TEST(OptionValueTest, Ipv6PrefixesAre48To128) {
  EXPECT_EQ(*ParseIpv6Prefix("64"), 64);
  EXPECT_FALSE(ParseIpv6Prefix("47").ok());
  EXPECT_FALSE(ParseIpv6Prefix("129").ok());
}

TEST(OptionValueTest, FactorsAreAboveZero) {
  EXPECT_EQ(*ParseFactor("0.5"), 0.5);
  for (const char* text : {"0", "-1", "", "inf", "nan", "2 * 3"}) {
    EXPECT_FALSE(ParseFactor(text).ok()) << text;
  }
  EXPECT_THAT(*ParseMultipliers("1 5\n30"), ElementsAre(1, 5, 30));
  EXPECT_THAT(*ParseMultipliers(""), IsEmpty());
  EXPECT_FALSE(ParseMultipliers("1 x").ok());
}

TEST(OptionValueTest, OnlyFail2BansOwnFormulaIsKnown) {
  EXPECT_TRUE(CheckFormula("").ok());
  EXPECT_TRUE(CheckFormula("ban.Time * (1<<(ban.Count if ban.Count<20 else "
                           "20)) * banFactor")
                  .ok());
  EXPECT_THAT(std::string(CheckFormula("ban.Time * 2").message()),
              HasSubstr("is not evaluated"));
}

TEST(OptionValueTest, ATimeZoneIsKnown) {
  EXPECT_EQ(*ParseTimeZoneName("UTC+0200"), "UTC+0200");
  EXPECT_EQ(*ParseTimeZoneName(""), "");
  EXPECT_FALSE(ParseTimeZoneName("nowhere").ok());
  EXPECT_FALSE(ParseTimeZoneName("UTC\n").ok());
  EXPECT_FALSE(ParseTimeZoneName(std::string(65, 'x')).ok());
}

TEST(OptionValueTest, LogPathsLoseTheirPosition) {
  const LogPaths paths =
      ParseLogPaths("/var/log/mail.log tail\n/var/log/*/mail head").value();
  EXPECT_THAT(paths.globs, ElementsAre("/var/log/mail.log", "/var/log/*/mail"));
  EXPECT_EQ(paths.with_position.size(), 2u);
  EXPECT_FALSE(ParseLogPaths("mail.log").ok());
}

TEST(OptionValueTest, JournalMatchesAreQuotedAsInAShell) {
  EXPECT_THAT(*ParseJournalMatches("_SYSTEMD_UNIT=sshd.service + _COMM=sshd\n\n"
                                   "SYSLOG_IDENTIFIER=\"a b\" 'PRIORITY=3'"),
              ElementsAre("_SYSTEMD_UNIT=sshd.service + _COMM=sshd",
                          "SYSLOG_IDENTIFIER=\"a b\" 'PRIORITY=3'"));
  for (const char* text : {"_COMM", "_COMM='sshd", "+ A=1", "A=1 +",
                           "A=1 + + B=2", "comm=sshd", "=sshd"}) {
    EXPECT_FALSE(ParseJournalMatches(text).ok()) << text;
  }
}

TEST(OptionValueTest, WhatIsNotBuiltMayBeOff) {
  EXPECT_TRUE(IsOff("ignorecommand", ""));
  EXPECT_FALSE(IsOff("ignorecommand", "false")) << "a command of that name";
}

TEST(OptionValueTest, TheLimitsOfTheRailsAreNumbers) {
  EXPECT_EQ(*ParseMinServers("2"), 2);
  EXPECT_EQ(*ParseMaxBanRate("500"), 500);
  EXPECT_EQ(*ParseMaxBanRate("0"), 0);
  for (const char* text : {"", "-1", "1.5", "many", "5000000000"}) {
    EXPECT_FALSE(ParseMinServers(text).ok()) << text;
    EXPECT_FALSE(ParseMaxBanRate(text).ok()) << text;
  }
  EXPECT_FALSE(ParseMinServers("0").ok());
}

}  // namespace
}  // namespace mxban
