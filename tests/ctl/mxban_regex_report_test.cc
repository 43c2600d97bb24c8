#include "ctl/mxban_regex_report.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// Of a run over two lines, one of which has a stamp.
std::string Printed(const Filter& filter, RegexTally tally,
                    const ReportOptions& options = {}) {
  FailureMatcher matcher = *FailureMatcher::Compile(filter, {});
  tally.lines = 2;
  matcher.Match("1795425540 b 192.0.2.1", absl::FromUnixSeconds(1795425600));
  matcher.Match("x", absl::FromUnixSeconds(1795425600));
  std::ostringstream out;
  PrintReport(filter, matcher, tally, options, out);
  return out.str();
}

TEST(MxbanRegexReportTest, ExpressionsAndStampsAreCounted) {
  EXPECT_THAT(Printed({.fail_regexes = {"a <HOST>\x1b", "b <HOST>"},
                       .ignore_regexes = {"c"},
                       .prefix_regex = "^"},
                      {.fail_hits = {{1, 1}}}),
              AllOf(HasSubstr("Prefregex:\n           ^\n"),
                    HasSubstr("        0   1. a <HOST>\\x1b\n"
                              "        1   2. b <HOST>\n"),
                    HasSubstr("Ignoreregex:\n            1. c\n"),
                    HasSubstr("        1  none\n")));
}

TEST(MxbanRegexReportTest, SumsComeLast) {
  RegexTally tally{.matched = 1, .failures = 1, .took = absl::Seconds(2)};
  EXPECT_THAT(Printed({.fail_regexes = {"<HOST>"}}, tally),
              testing::EndsWith("\nLines: 2, matched: 1, missed: 0, ignored: 0,"
                                " given up: 0\nTook 2.000 s, 1 lines/s\n"));
  tally.failures = 3;
  tally.without_failure = 4;
  tally.gave_up["failregex 1"] = 5;
  EXPECT_THAT(Printed({.fail_regexes = {"<HOST>"}}, tally),
              AllOf(HasSubstr("Failures: 3\n"),
                    HasSubstr("given up: 0, hit without a failure: 4\n"),
                    HasSubstr("Given up by failregex 1: 5\n")));
}

TEST(MxbanRegexReportTest, RightLoginsAreSummedUpByUser) {
  RegexTally tally{.right_logins = 12};
  tally.right_users = {{"a\x1b", 2}, {"b", 7}, {"c", 3}};
  EXPECT_THAT(
      Printed({.fail_regexes = {"<HOST>"},
               .success_regexes = {"x <F-USER>b</F-USER> <IP4>"}},
              tally),
      AllOf(HasSubstr("Successregex, by hits:\n        0   1. x <F-USER>"),
            HasSubstr("Users with right logins:\n        7  b\n        3  c\n"
                      "        2  a\\x1b\n"),
            HasSubstr("given up: 0, right logins: 12\n")));
  for (int i = 0; i < 20; ++i) tally.right_users[absl::StrCat("u", i)] = 1;
  EXPECT_THAT(Printed({.fail_regexes = {"<HOST>"}}, tally),
              HasSubstr("Users with right logins, the first 20 of 23:\n"));
}

TEST(MxbanRegexReportTest, SomeLinesAreListed) {
  RegexTally tally;
  for (uint64_t i = 1; i <= 21; ++i) tally.missed.Add(i, "m\n");
  tally.ignored.Add(22, "i");
  tally.given_up.Add(23, "g");
  EXPECT_THAT(
      Printed({.fail_regexes = {"<HOST>"}}, tally),
      AllOf(HasSubstr("Missed lines, the first 20 of 21 (--print-missed prints "
                      "all):\n        1  m\\n\n"),
            HasSubstr("Ignored lines:\n       22  i\n"),
            HasSubstr("Given up lines:\n       23  g\n")));
  EXPECT_THAT(
      Printed({.fail_regexes = {"<HOST>"}}, tally,
              {.list_missed = false, .list_ignored = false}),
      AllOf(Not(HasSubstr("Missed lines")), Not(HasSubstr("Ignored lines")),
            Not(HasSubstr("Given up lines"))));
}

TEST(MxbanRegexReportTest, VeryLongLinesAreCut) {
  LineSample sample;
  sample.Add(1, std::string(1 << 20, 'x'));
  ASSERT_THAT(sample.lines(), SizeIs(1));
  EXPECT_EQ(sample.lines()[0].text, std::string(4096, 'x') + "...");
}

}  // namespace
}  // namespace mxban::ctl
