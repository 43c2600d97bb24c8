#include "ctl/ban_lists.h"

#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(TextListTest, CommentsAndSpaceAreNoSources) {
  const auto bans = ParseTextList(
      "# spammers\r\n192.0.2.1\r\n\n  2001:db8::/48  # a network\n"
      "; DROP\n198.51.100.0/24 ; SBL1\n",
      "list");
  ASSERT_THAT(bans, SizeIs(3));
  EXPECT_EQ(bans[0].source, "192.0.2.1");
  EXPECT_EQ(bans[0].jail, "");
  EXPECT_EQ(bans[0].expire_time, absl::InfinitePast());
  EXPECT_EQ(bans[1].source, "2001:db8::/48");
  EXPECT_EQ(bans[2].source, "198.51.100.0/24");
  EXPECT_THAT(ParseTextList("", "list"), IsEmpty());
}

TEST(TextListTest, ALineMayNameItsJailAndItsEnd) {
  const auto bans = ParseTextList(
      "192.0.2.1 jail\n192.0.2.2\tjail  2023-11-14T23:13:20+01:00\n"
      "192.0.2.3 jail ever # for good\n",
      "list");
  ASSERT_THAT(bans, SizeIs(3));
  EXPECT_EQ(bans[0].jail, "jail");
  EXPECT_EQ(bans[0].expire_time, absl::InfinitePast());
  EXPECT_EQ(bans[1].expire_time, kNow);
  EXPECT_EQ(bans[2].expire_time, absl::InfiniteFuture());
  for (const ListedBan& ban : bans) EXPECT_EQ(ban.error, "") << ban.source;
}

TEST(TextListTest, WhatIsFormattedIsRead) {
  for (const absl::Time end : {kNow, absl::InfiniteFuture()}) {
    const std::string line = FormatListed("192.0.2.1", "jail", end);
    const auto bans = ParseTextList(line, "list");
    ASSERT_THAT(bans, SizeIs(1)) << line;
    EXPECT_EQ(bans[0].source, "192.0.2.1");
    EXPECT_EQ(bans[0].jail, "jail");
    EXPECT_EQ(bans[0].expire_time, end);
  }
}

TEST(TextListTest, WhatIsWrongNamesItsFileAndLine) {
  const auto bans = ParseTextList(
      "192.0.2.1\nmx.example.net\n192.0.2.2 jail soon\n"
      "192.0.2.3 jail ever more\n",
      "/tmp/bans.txt");
  ASSERT_THAT(bans, SizeIs(4));
  EXPECT_EQ(bans[0].error, "");
  EXPECT_THAT(bans[1].error, StartsWith("/tmp/bans.txt:2: "));
  EXPECT_THAT(bans[1].error, HasSubstr("mx.example.net"));
  EXPECT_THAT(bans[2].error, StartsWith("/tmp/bans.txt:3: 'soon' is no time"));
  EXPECT_EQ(bans[3].error, "/tmp/bans.txt:4: 'more' is too much");
}

TEST(CrowdSecTest, BansOfAddressesAndNetworksThatLast) {
  const auto bans = ParseCrowdSecDecisions(R"js([
    {"id": 1, "decisions": [
      {"duration": "3h59m49.5s", "scope": "Ip", "type": "ban",
       "simulated": false, "value": "192.0.2.1"},
      {"duration": "24h0m0s", "scope": "Range", "type": "ban",
       "value": "198.51.100.0/24"}]},
    {"id": 2, "decisions": [
      {"duration": "4h", "scope": "Ip", "type": "captcha", "value": "192.0.2.2"},
      {"duration": "4h", "scope": "Country", "type": "ban", "value": "AQ"},
      {"duration": "4h", "scope": "Ip", "type": "ban", "simulated": true,
       "value": "192.0.2.3"},
      {"duration": "-2m3s", "scope": "Ip", "type": "ban",
       "value": "192.0.2.4"}]}])js",
                                           kNow);
  ASSERT_TRUE(bans.ok()) << bans.status();
  ASSERT_THAT(*bans, SizeIs(2));
  EXPECT_EQ((*bans)[0].source, "192.0.2.1");
  EXPECT_EQ((*bans)[0].expire_time, kNow + absl::Seconds(4 * 3'600 - 10.5));
  EXPECT_EQ((*bans)[1].source, "198.51.100.0/24");
}

TEST(CrowdSecTest, NoDecisionsAreNull) {
  const auto bans = ParseCrowdSecDecisions("null\n", kNow);
  ASSERT_TRUE(bans.ok());
  EXPECT_THAT(*bans, IsEmpty());
}

TEST(CrowdSecTest, WhatIsSomethingElseIsRefused) {
  for (const char* text :
       {"", "{}", "[1]", "[{}]", R"([{"decisions": [1]}])",
        R"([{"decisions": [{"type": "ban", "scope": "Ip", "value": "192.0.2.1",
             "duration": "soon"}]}])"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(ParseCrowdSecDecisions(text, kNow).status()))
        << text;
  }
}

TEST(ReadListTest, ADashIsStandardInput) {
  std::istringstream in("192.0.2.1\n");
  const auto text = ReadList("-", in);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "192.0.2.1\n");
}

TEST(ReadListTest, WhatIsTooLongIsRefused) {
  std::istringstream in(std::string(kMaxListBytes + 1, '\n'));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadList("-", in).status()));
}

TEST(ReadListTest, WhatIsNotThereIsNamed) {
  std::istringstream none;
  const auto text = ReadList("/nonexistent/list", none);
  EXPECT_TRUE(absl::IsNotFound(text.status())) << text.status();
}

}  // namespace
}  // namespace mxban::ctl
