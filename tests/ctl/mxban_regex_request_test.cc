#include "ctl/mxban_regex_request.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

absl::StatusOr<RegexRequest> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mxban-regex");
  return ParseRegexRequest(static_cast<int>(arguments.size()),
                           arguments.data());
}

RegexRequest With(std::vector<const char*> options) {
  options.insert(options.end(), {"log", "filter"});
  const absl::StatusOr<RegexRequest> request = Parse(options);
  EXPECT_TRUE(request.ok()) << request.status();
  return request.value_or(RegexRequest());
}

TEST(MxbanRegexRequestTest, LogFilterAndPerhapsIgnoreregex) {
  const RegexRequest request = *Parse({"l", "f[a=b]"});
  EXPECT_EQ(request.log, "l");
  EXPECT_EQ(request.filter, "f[a=b]");
  EXPECT_EQ(request.ignore_regex, "");
  EXPECT_EQ(Parse({"-", "f", "i"})->ignore_regex, "i");
}

TEST(MxbanRegexRequestTest, OptionsOfTheFilterAddUp) {
  EXPECT_THAT(With({"--option", "Mode=ddos", "--option", "a=b=c"}).options,
              ElementsAre(Pair("a", "b=c"), Pair("mode", "ddos")));
}

TEST(MxbanRegexRequestTest, WhatStandsInForTheFilter) {
  const RegexRequest none = With({});
  EXPECT_FALSE(none.date_pattern || none.max_lines || none.use_names ||
               none.time_zone || none.now);
  const RegexRequest all =
      With({"-d", "{NONE}", "--datepattern", "EPOCH", "--maxlines", "5",
            "--usedns", "no", "--logtimezone", "UTC+0200", "--now", "1.5"});
  EXPECT_EQ(all.date_pattern, "{NONE}\nEPOCH");
  EXPECT_EQ(all.max_lines, 5);
  EXPECT_EQ(all.use_names, false);
  EXPECT_EQ(all.time_zone, "UTC+0200");
  EXPECT_EQ(all.now, absl::UnixEpoch() + absl::Seconds(1.5));
  EXPECT_EQ(With({"--usedns=warn"}).use_names, true);
}

TEST(MxbanRegexRequestTest, WhatToPrintGoesByBothNames) {
  EXPECT_TRUE(With({"--print-missed"}).print_missed);
  EXPECT_TRUE(With({"--print-all-missed"}).print_missed);
  EXPECT_TRUE(With({"--print-all-matched"}).print_matched);
  EXPECT_TRUE(With({"--print-all-ignored"}).print_ignored);
  EXPECT_TRUE(With({}).list_missed && With({}).list_ignored);
  EXPECT_FALSE(With({"--print-no-missed"}).list_missed);
  EXPECT_FALSE(With({"--print-no-ignored"}).list_ignored);
}

TEST(MxbanRegexRequestTest, UsageIsChecked) {
  for (const std::vector<const char*>& wrong :
       std::vector<std::vector<const char*>>{
           {},
           {"log"},
           {"log", "filter", "ignore", "more"},
           {"log", "filter", "--option", "x"},
           {"log", "filter", "--option", "=x"},
           {"log", "filter", "--now", "today"},
           {"log", "filter", "--now", "1e12"},
           {"log", "filter", "--maxlines", "0"},
           {"log", "filter", "--maxlines", "1001"},
           {"log", "filter", "--usedns", "maybe"},
           {"log", "filter", "--no-such"}}) {
    EXPECT_FALSE(Parse(wrong).ok()) << wrong.size();
  }
}

TEST(MxbanRegexRequestTest, HelpAndVersionAreTexts) {
  EXPECT_THAT(Parse({"--help"})->text,
              AllOf(HasSubstr("--filter-dir"), HasSubstr("Examples:"),
                    HasSubstr("Exit codes")));
  EXPECT_THAT(Parse({"--version"})->text, HasSubstr("mxban-regex "));
}

}  // namespace
}  // namespace mxban::ctl
