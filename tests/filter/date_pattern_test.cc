#include "filter/date_pattern.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::TimeZone Berlin() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  return zone;
}

const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 12, 0, 0), absl::UTCTimeZone());

// What is left of `line`, and the stamp's time: `rest|time`.
std::string Cut(DatePattern& pattern, const std::string& line,
                absl::Time now = kNow) {
  const auto stamp = pattern.Find(line, now);
  if (!stamp) return line + "|none";
  return line.substr(0, stamp->begin) + line.substr(stamp->end) + "|" +
         (stamp->time ? absl::FormatTime("%Y-%m-%dT%H:%M:%S", *stamp->time,
                                         absl::UTCTimeZone())
                      : "impossible");
}

// `patterns` are divided by newlines.
DatePattern Compile(const std::string& patterns) {
  const std::vector<std::string> lines =
      absl::StrSplit(patterns, '\n', absl::SkipEmpty());
  return DatePattern::Compile(lines, absl::UTCTimeZone()).value();
}

std::string Cut(const std::string& patterns, const std::string& line) {
  DatePattern pattern = Compile(patterns);
  return Cut(pattern, line);
}

struct Case {
  const char* pattern;
  const char* line;
  const char* cut;
};

class DatePatternTest : public testing::TestWithParam<Case> {};

TEST_P(DatePatternTest, CutsTheStamp) {
  EXPECT_EQ(Cut(GetParam().pattern, GetParam().line), GetParam().cut);
}

INSTANTIATE_TEST_SUITE_P(
    Defaults, DatePatternTest,
    testing::Values(
        Case{"", "Nov 23 08:40:11 mx1 a", " mx1 a|2026-11-23T08:40:11"},
        Case{"", "[2026-11-23 08:40:11] a", "[] a|2026-11-23T08:40:11"},
        Case{"", "<20>1 2026-11-23T09:15:54.2+01:00 mx1",
             "<20>1  mx1|2026-11-23T08:15:54"},
        Case{"", "a x2026-11-23 08:40:11", "a x2026-11-23 08:40:11|none"},
        Case{"", "Nov 23 08:40:11 a 2025-01-01 00:00:00",
             " a 2025-01-01 00:00:00|2026-11-23T08:40:11"},
        Case{"", "a Nov 23 08:40:11 b 2026-11-22 08:40:11",
             "a  b 2026-11-22 08:40:11|2026-11-23T08:40:11"},
        Case{"", "2026-11-22 08:40:11 a 1795425600",
             " a 1795425600|2026-11-22T08:40:11"},
        Case{"", "1795425600 a", " a|2026-11-23T09:20:00"},
        Case{"", "[1795425600] a", "[] a|2026-11-23T09:20:00"},
        Case{"", "audit(1795425600.123:45): a",
             "audit(:45): a|2026-11-23T09:20:00"},
        Case{"", "xaudit(1795425600.123:45): a",
             "xaudit(1795425600.123:45): a|none"},
        Case{"", "audit(1795425600.123): a", "audit(1795425600.123): a|none"},
        Case{"", "a 1795425600 b", "a 1795425600 b|none"},
        Case{"", "Feb 31 08:40:11 a", " a|impossible"},
        Case{"", "Nov 23 24:40:11 a", " a|impossible"},
        Case{"", "2026-02-30 08:40:11 a", " a|impossible"},
        Case{"", "2026-02-30 08:40:11Z a", " a|impossible"},
        Case{"", "", "|none"}, Case{"", "no stamp", "no stamp|none"},
        Case{"{DEFAULT}", "a Nov 23 08:40:11", "a |2026-11-23T08:40:11"},
        Case{"{^LN-BEG}", "a Nov 23 08:40:11", "a Nov 23 08:40:11|none"},
        Case{"{^ln-beg}", "<[Nov 23 08:40:11]", "<[]|2026-11-23T08:40:11"},
        Case{"{^LN-BEG}", "  [Nov 23 08:40:11", "  [Nov 23 08:40:11|none"}));

// One line for each default template, at the line's begin and, where that is
// possible, within.
INSTANTIATE_TEST_SUITE_P(
    EachTemplate, DatePatternTest,
    testing::Values(
        Case{"", "Mon Nov 23 2026 08:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "23/11/2026 08:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "23-11-26 8:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "23/Nov/2026:08:40:11 +0200 a", " a|2026-11-23T06:40:11"},
        Case{"", "x [23/nov/2026 08:40:11 +0200]", "x []|2026-11-23T06:40:11"},
        Case{"", "11/23/2026:08:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "11-23-2026 08:40:11.123 a", " a|2026-11-23T08:40:11"},
        Case{"", "[08:40:11] a", "[] a|2026-11-23T08:40:11"},
        Case{"", "[12:00:01] a", "[] a|2026-11-22T12:00:01"},
        Case{"", "x 12:00:01 a", "x 12:00:01 a|none"},
        Case{"", "<11/23/26@08:40:11> a", " a|2026-11-23T08:40:11"},
        Case{"", " <11/23/26@08:40:11> a", " <11/23/26@08:40:11> a|none"},
        Case{"", "261123  8:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "x 261123 08:40:11 a", "x  a|2026-11-23T08:40:11"},
        Case{"", "Nov 3, 2026 8:40:11 PM a", " a|2026-11-03T20:40:11"},
        Case{"", "Nov-23-26 08:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "20261123T084011Z a", " a|2026-11-23T08:40:11"},
        Case{"", "x 20261123 084011.5 a", "x  a|2026-11-23T08:40:11"},
        Case{"", "CET Mon Nov 23 08:40:11 a", " a|2026-11-23T07:40:11"},
        Case{"", "x EST Nov 23 02:40:11 a", "x  a|2026-11-23T07:40:11"},
        Case{"", "xyz Nov 23 08:40:11 a", " a|2026-11-23T08:40:11"},
        Case{"", "+0200 Nov 23 08:40:11 2025 a", " a|2025-11-23T06:40:11"},
        Case{"", "@4000000043a3d1e20fb3f3cc a", " a|2005-12-17T08:52:50"},
        Case{"", "x @4000000043a3d1e20fb3f3cc a", "x  a|2005-12-17T08:52:50"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, DatePatternTest,
    testing::Values(
        Case{"EPOCH", "Nov 23 08:40:11", "Nov 23 08:40:11|none"},
        Case{"EPOCH", "1795425600.5 a", ".5 a|2026-11-23T09:20:00"},
        Case{"EPOCH", "17954256001 a", " a|2538-12-12T21:20:01"},
        Case{"epoch", "[1795425600] a", "[] a|2026-11-23T09:20:00"},
        Case{"EPOCH", " 1795425600 a", " 1795425600 a|none"},
        Case{"{^LN-BEG}Epoch", " [1795425600 a", " [ a|2026-11-23T09:20:00"},
        Case{"^EPOCH", "audit(1795425600:45)", "audit(1795425600:45)|none"},
        Case{"^EPOCH", "1795425600x", "1795425600x|none"},
        Case{"LEPOCH", "1795425600123 a", " a|2026-11-23T09:20:00"},
        Case{"LEPOCH", "audit(1795425600123456:1)",
             "audit(:1)|2026-11-23T09:20:00"},
        Case{"^LEPOCH", "[1795425600", "[|2026-11-23T09:20:00"},
        Case{"TAI64N", "a @4000000043a3d1e20fb3f3cc", "a |2005-12-17T08:52:50"},
        Case{"{^LN-BEG}TAI64N", "a @4000000043a3d1e20fb3f3cc",
             "a @4000000043a3d1e20fb3f3cc|none"},
        Case{"t={EPOCH},", "a t=1795425600, b", "a  b|2026-11-23T09:20:00"},
        Case{"t=({lepoch}),", "a t=1795425600123, b",
             "a t=, b|2026-11-23T09:20:00"}));

INSTANTIATE_TEST_SUITE_P(
    OnesOwn, DatePatternTest,
    testing::Values(
        Case{"^[^\\[]*\\[({DATE})", "::1 - [23/Nov/2026:08:40:11 +0000] \"GET",
             "::1 - [] \"GET|2026-11-23T08:40:11"},
        Case{"^[^\\[]*(\\[{DATE}\\s*\\])", "::1 - [Nov 23 08:40:11 ] x",
             "::1 -  x|2026-11-23T08:40:11"},
        Case{"^<\\d+>\\d+\\s+{DATE}", "<38>1 2026-11-23T08:40:11Z mx",
             " mx|2026-11-23T08:40:11"},
        Case{"{^LN-BEG}x{DATE}", "[x08:40:11 a", "[ a|2026-11-23T08:40:11"},
        Case{"%Y-%m-%d %I:%M %p", "a 2026-11-23 12:05 am b",
             "a  b|2026-11-23T00:05:00"},
        Case{"%Y-%m-%d %I:%M %p", "2026-11-23 12:05 PM",
             "|2026-11-23T12:05:00"},
        Case{"%A, %d %B %Y %H:%M %Z", "Monday, 3 NOVEMBER 2025 10:00 MST",
             "|2025-11-03T17:00:00"},
        Case{"%Y week %W %a", "2026 week 03 Sun", "|2026-01-25T00:00:00"},
        Case{"%y%j", "26032", "|2026-02-01T00:00:00"},
        Case{"%ExY-%m", "2030-01", "2030-01|none"},
        Case{"^%H:%M:%S.%f", "08:40:11.907 [x]", " [x]|2026-11-23T08:40:11"},
        Case{"%c", "Mon Nov 23 08:40:11 2026", "|2026-11-23T08:40:11"},
        Case{"^(?:%Y-)?%m-%d", "11-23", "|2026-11-23T00:00:00"},
        Case{"%Y-%m-%d", "2026-02-30 x", " x|impossible"},
        Case{"%Y-%m-%d", "0000-12-30 x", " x|impossible"},
        Case{"(?P<d>\\d+)/%Y", "99999999999/2026", "|impossible"},
        Case{"100%% %H:%M", "100% 08:40", "|2026-11-23T08:40:00"}));

INSTANTIATE_TEST_SUITE_P(
    NoStamp, DatePatternTest,
    testing::Values(
        Case{"{NONE}", "Nov 23 08:40:11", "Nov 23 08:40:11|none"},
        Case{"{none}", "2026-11-23 08:40:11", "2026-11-23 08:40:11|none"},
        Case{"()", "2026-11-23 08:40:11", "2026-11-23 08:40:11|none"},
        Case{"^I\\(()**\n{DEFAULT}", "I(x) 2026-11-23 08:40:11",
             "I(x) 2026-11-23 08:40:11|none"},
        Case{"^I\\(()**\n{DEFAULT}", "J(x) 2026-11-23 08:40:11",
             "J(x) |2026-11-23T08:40:11"},
        Case{"(?:a+)+b %Y", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2026",
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2026|none"}));

TEST(DatePatternTest, AListIsTriedInOrder) {
  const std::string list = "^%d.%m.%Y\n^%m.%d.%Y\n{NONE}";
  EXPECT_EQ(Cut(list, "02.03.2026"), "|2026-03-02T00:00:00");
  EXPECT_EQ(Cut(list, "02.13.2026"), "|2026-02-13T00:00:00");
}

TEST(DatePatternTest, TheLineBeginWins) {
  EXPECT_EQ(Cut("%Y\n^%d/%m", "02/03 2025"), " 2025|2026-03-02T00:00:00");
}

TEST(DatePatternTest, TheLeftmostWins) {
  EXPECT_EQ(Cut("%Y\n%d/%m", "x 02/03 2025"), "x  2025|2026-03-02T00:00:00");
  EXPECT_EQ(Cut("%Y\n%d/%m", "x 2025 02/03"), "x  02/03|2025-11-23T00:00:00");
}

TEST(DatePatternTest, WhatMatchedLastComesFirst) {
  DatePattern pattern = Compile("^%d.%m.%Y\n^%m.%d.%Y");
  EXPECT_EQ(Cut(pattern, "02.13.2026"), "|2026-02-13T00:00:00");
  EXPECT_EQ(Cut(pattern, "no stamp"), "no stamp|none");
  EXPECT_EQ(Cut(pattern, "02.03.2026"), "|2026-02-03T00:00:00");
  EXPECT_EQ(Cut(pattern, "13.02.2026"), "|2026-02-13T00:00:00");
  EXPECT_EQ(Cut(pattern, "02.03.2026"), "|2026-03-02T00:00:00");
}

TEST(DatePatternTest, WhatMatchedLastMayNotMoveToTheRight) {
  DatePattern pattern = Compile("%d/%m\n%Y");
  EXPECT_EQ(Cut(pattern, "abcd 2025"), "abcd |2025-11-23T00:00:00");
  EXPECT_EQ(Cut(pattern, "2/3 2025"), "2/3 |2025-11-23T00:00:00");
  EXPECT_EQ(Cut(pattern, "a 2/3 2025"), "a 2025|2026-03-02T00:00:00");
}

TEST(DatePatternTest, AStampWithoutAYearIsNotOfTheFuture) {
  EXPECT_EQ(Cut("", "Nov 24 11:00:00"), "|2026-11-24T11:00:00");
  EXPECT_EQ(Cut("", "Nov 24 13:00:00"), "|2025-11-24T13:00:00");
  EXPECT_EQ(Cut("", "Dec 31 23:59:59"), "|2025-12-31T23:59:59");
}

TEST(DatePatternTest, TheYearFollowsTheClock) {
  auto pattern = DatePattern::Compile({}, absl::UTCTimeZone()).value();
  const absl::Time new_year =
      absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone());
  EXPECT_EQ(Cut(pattern, "Dec 31 23:59:59", new_year - absl::Seconds(1)),
            "|2026-12-31T23:59:59");
  EXPECT_EQ(Cut(pattern, "Jan  1 00:00:00", new_year), "|2027-01-01T00:00:00");
  EXPECT_EQ(Cut(pattern, "Dec 31 23:59:59", new_year), "|2026-12-31T23:59:59");
}

TEST(DatePatternTest, AStampWithoutAZoneIsLocal) {
  auto pattern = DatePattern::Compile({}, Berlin()).value();
  EXPECT_EQ(Cut(pattern, "Nov 23 08:40:11"), "|2026-11-23T07:40:11");
  EXPECT_EQ(Cut(pattern, "Jul  1 08:40:11"), "|2026-07-01T06:40:11");
  EXPECT_EQ(Cut(pattern, "2026-07-01T08:40:11Z"), "|2026-07-01T08:40:11");
}

// What it remembers of the last minute never shows.
TEST(DatePatternTest, AgreesWithCivilTimeMinuteByMinute) {
  const absl::TimeZone zone = Berlin();
  auto pattern = DatePattern::Compile({}, zone).value();
  const absl::Time begin = kNow - absl::Hours(24 * 300);
  for (absl::Time time = begin; time < kNow; time += absl::Seconds(7919)) {
    const std::string stamp = absl::FormatTime("%b %e %H:%M:%S", time, zone);
    const auto found = pattern.Find(stamp, kNow);
    ASSERT_TRUE(found && found->time) << stamp;
    // An hour occurs twice in October; either is right.
    EXPECT_EQ(absl::FormatTime("%b %e %H:%M:%S", *found->time, zone), stamp);
    EXPECT_LE(absl::AbsDuration(*found->time - time), absl::Hours(1));
  }
}

// A replay of old logs has an old now.
TEST(DatePatternTest, YearsAheadOfNowAreKnown) {
  auto pattern = Compile("");
  const absl::Time then =
      absl::FromCivil(absl::CivilDay(2005, 8, 14), absl::UTCTimeZone());
  EXPECT_EQ(Cut(pattern, "[Mon Dec 23 09:49:10 2013] a", then),
            "[] a|2013-12-23T09:49:10");
  EXPECT_EQ(Cut(pattern, "x 2029-12-23 09:49:10", then),
            "x |2029-12-23T09:49:10");
}

TEST(DatePatternTest, ANewDecadeBringsNewYears) {
  auto pattern = Compile("{DEFAULT}\nin %ExY-%m-%d");
  const absl::Time later =
      absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone());
  for (const char* line :
       {"2031-01-01 00:00:00", "x 2031-01-01 00:00:00", "in 2031-01-01"}) {
    EXPECT_EQ(Cut(pattern, line, kNow), std::string(line) + "|none");
  }
  EXPECT_EQ(Cut(pattern, "2031-01-01 00:00:00", later), "|2031-01-01T00:00:00");
  EXPECT_EQ(Cut(pattern, "x 2031-01-01 00:00:00", later),
            "x |2031-01-01T00:00:00");
  EXPECT_EQ(Cut(pattern, "in 2031-01-01", later), "|2031-01-01T00:00:00");
}

TEST(DatePatternTest, TemplatesHaveNames) {
  EXPECT_THAT(Compile("EPOCH\n%Y-%m\n{NONE}").template_names(),
              ElementsAre("EPOCH", "%Y-%m"));
  auto pattern = Compile("%H\n{DEFAULT}");
  const auto stamp = pattern.Find("x 2026-11-23 08:40:11", kNow);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(pattern.template_names()[stamp->template_index],
            "Year-Month-Day Hour:Minute:Second (ISO 8601), within the line");
  auto defaults = Compile("");
  EXPECT_EQ(defaults.Find("Nov 23 08:40:11", kNow)->template_index, 1u);
  EXPECT_EQ(defaults.template_names()[1],
            "Month Day Hour:Minute:Second (RFC 3164)");
}

TEST(DatePatternTest, WrongPatternsAreQuoted) {
  for (const char* pattern : {"%Q", "(", "%Y %Y", "{DATE} %H", "x\x01["}) {
    const auto compiled =
        DatePattern::Compile({"{DEFAULT}", pattern}, absl::UTCTimeZone());
    EXPECT_THAT(std::string(compiled.status().message()),
                testing::StartsWith("datepattern '"))
        << pattern;
  }
  const auto compiled = DatePattern::Compile({"%Y %Q"}, absl::UTCTimeZone());
  EXPECT_THAT(std::string(compiled.status().message()),
              HasSubstr("datepattern '%Y %Q': unknown code '%Q'"));
}

TEST(DatePatternTest, LettersBeyondAsciiAreLetters) {
  EXPECT_EQ(Cut("{^LN-BEG}", "\u00e92026-11-23 08:40:11 x"),
            "\u00e92026-11-23 08:40:11 x|none")
      << "a word begins before it";
  EXPECT_EQ(Cut("{^LN-BEG}", "\u20ac2026-11-23 08:40:11 x"),
            "\u20ac x|2026-11-23T08:40:11")
      << "a sign belongs to no word";
}

// Whatever the line holds, what is cut lies within it, and time does not run
// away.
TEST(DatePatternTest, HostileLines) {
  auto pattern = Compile("{DEFAULT}\nLEPOCH\n{DATE}x\n(\\d+ ?)+%Y");
  const std::vector<std::string> parts = {
      std::string(1, '\0'), "\xff\xfe", "1", "23:", "2026-11-23 08:40: ",
      "Mon Nov 23 ",        "CET ",     " ", "\n",  "11/23/2026:08:"};
  for (const std::string& part : parts) {
    std::string line;
    while (line.size() < 16 * 1024) line += part;
    for (const char* end : {"", "08:40:11", "2026-11-23 08:40:11"}) {
      const std::string whole = line + end;
      const auto stamp = pattern.Find(whole, kNow);
      if (!stamp) continue;
      EXPECT_LT(stamp->begin, stamp->end);
      EXPECT_LE(stamp->end, whole.size());
    }
  }
  const std::string nul("a\0b 2026-11-23 08:40:11\0", 24);
  EXPECT_EQ(Cut(pattern, nul),
            std::string("a\0b \0", 5) + "|2026-11-23T08:40:11");
}

}  // namespace
}  // namespace mxban
