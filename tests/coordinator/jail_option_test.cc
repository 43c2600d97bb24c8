#include "coordinator/jail_option.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(JailOptionTest, BooleansAreSpeltOut) {
  for (const char* yes : {"true", "YES", "on", "1"}) {
    EXPECT_TRUE(ParseBoolean(yes).value());
  }
  for (const char* no : {"false", "No", "off", "0", ""}) {
    EXPECT_FALSE(ParseBoolean(no).value());
  }
  EXPECT_FALSE(ParseBoolean("ture").ok()) << "never silently off";
}

TEST(JailOptionTest, MaxRetryOfZeroBansAtTheFirst) {
  EXPECT_EQ(*ParseMaxRetry("0"), 1u);
  EXPECT_EQ(*ParseMaxRetry("1"), 1u);
  EXPECT_EQ(*ParseMaxRetry("5"), 5u);
  EXPECT_FALSE(ParseMaxRetry("-1").ok());
  EXPECT_FALSE(ParseMaxRetry("1 # one").ok()) << "# starts no comment";
}

TEST(JailOptionTest, ABanMayLastForEver) {
  EXPECT_EQ(*ParseBanTime("-1"), absl::InfiniteDuration());
  EXPECT_EQ(*ParseBanTime("28800"), absl::Hours(8));
  EXPECT_FALSE(ParseBanTime("0").ok());
  EXPECT_FALSE(ParseBanTime("-2").ok());
}

TEST(JailOptionTest, AWindowIsNeverEmpty) {
  EXPECT_EQ(*ParseFindTime("10m"), absl::Minutes(10));
  EXPECT_FALSE(ParseFindTime("0").ok());
  EXPECT_FALSE(ParseFindTime("-1").ok());
}

TEST(JailOptionTest, Ipv6PrefixesAreOneTo128) {
  EXPECT_EQ(*ParseIpv6Prefix("64"), 64);
  EXPECT_FALSE(ParseIpv6Prefix("0").ok());
  EXPECT_FALSE(ParseIpv6Prefix("129").ok());
}

TEST(JailOptionTest, IgnoredNetworksMayHaveMasks) {
  EXPECT_THAT(*ParseIgnoredNetworks("127.0.0.1/8, 192.0.2.7\n2001:db8::/32 "
                                    "198.51.100.9/255.255.255.0"),
              ElementsAre(IpNetwork::ParseOrDie("127.0.0.0/8"),
                          IpNetwork::ParseOrDie("192.0.2.7"),
                          IpNetwork::ParseOrDie("2001:db8::/32"),
                          IpNetwork::ParseOrDie("198.51.100.0/24")));
}

TEST(JailOptionTest, NamesAndFilesAreNotIgnoredYet) {
  for (const char* text : {"mx.example.net", "file:/etc/allow", "1.2.3",
                           "192.0.2.0/255.0.255.0"}) {
    EXPECT_FALSE(ParseIgnoredNetworks(text).ok()) << text;
  }
  EXPECT_THAT(
      std::string(ParseIgnoredNetworks("file:/etc/a").status().message()),
      HasSubstr("'file:/etc/a' is not supported yet"));
}

TEST(JailOptionTest, LogPathsLoseTheirPosition) {
  const LogPaths paths =
      ParseLogPaths("/var/log/mail.log tail\n/var/log/*/mail head").value();
  EXPECT_THAT(paths.globs, ElementsAre("/var/log/mail.log", "/var/log/*/mail"));
  EXPECT_EQ(paths.with_position.size(), 2u);
  EXPECT_FALSE(ParseLogPaths("mail.log").ok());
}

TEST(JailOptionTest, EveryOptionHasAUse) {
  EXPECT_EQ(UseOf("maxretry"), OptionUse::kHonoured);
  EXPECT_EQ(UseOf("destemail"), OptionUse::kNeedless);
  EXPECT_EQ(UseOf("bantime.increment"), OptionUse::kOffOnly);
  EXPECT_EQ(UseOf("maxretyr"), OptionUse::kUnknown);
}

}  // namespace
}  // namespace mxban
