#include "filter/date_pattern.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

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

std::string Cut(const std::string& patterns, const std::string& line) {
  std::vector<std::string> lines;
  if (!patterns.empty()) lines.push_back(patterns);
  auto pattern = DatePattern::Compile(lines, absl::UTCTimeZone());
  if (!pattern.ok()) return std::string(pattern.status().message());
  return Cut(*pattern, line);
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
    All, DatePatternTest,
    testing::Values(
        Case{"", "Nov 23 08:40:11 mx1 a", " mx1 a|2026-11-23T08:40:11"},
        Case{"", "[2026-11-23 08:40:11] a", "[] a|2026-11-23T08:40:11"},
        Case{"", "<20>1 2026-11-23T09:15:54.2+01:00 mx1",
             "<20>1  mx1|2026-11-23T08:15:54"},
        Case{"", "a x2026-11-23 08:40:11", "a x2026-11-23 08:40:11|none"},
        Case{"", "Nov 23 08:40:11 a 2025-01-01 00:00:00",
             " a 2025-01-01 00:00:00|2026-11-23T08:40:11"},
        Case{"", "1795425600 a", " a|2026-11-23T09:20:00"},
        Case{"", "[1795425600] a", "[] a|2026-11-23T09:20:00"},
        Case{"", "[1795425600 a", "[1795425600 a|none"},
        Case{"", "audit(1795425600.123:45): a",
             "audit(:45): a|2026-11-23T09:20:00"},
        Case{"", "a 1795425600 b", "a 1795425600 b|none"},
        Case{"", "Feb 31 08:40:11 a", " a|impossible"},
        Case{"", "2026-02-30 08:40:11 a", " a|impossible"},
        Case{"", "2026-02-30 08:40:11Z a", " a|impossible"},
        Case{"", "", "|none"}, Case{"", "no stamp", "no stamp|none"},
        Case{"{DEFAULT}", "a Nov 23 08:40:11", "a |2026-11-23T08:40:11"},
        Case{"{^LN-BEG}", "a Nov 23 08:40:11", "a Nov 23 08:40:11|none"},
        Case{"{^ln-beg}", "<[Nov 23 08:40:11]", "<[]|2026-11-23T08:40:11"},
        Case{"{^LN-BEG}", "  [Nov 23 08:40:11", "  [Nov 23 08:40:11|none"},
        Case{"EPOCH", "Nov 23 08:40:11", "Nov 23 08:40:11|none"},
        Case{"EPOCH", "1795425600.5 a", ".5 a|2026-11-23T09:20:00"},
        Case{"{NONE}", "Nov 23 08:40:11", "Nov 23 08:40:11|none"}));

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

TEST(DatePatternTest, OtherPatternsAreRefused) {
  EXPECT_THAT(Cut("%Y-%m-%d", "x"), HasSubstr("not supported yet"));
  EXPECT_THAT(Cut("TAI64N", "x"), HasSubstr("'TAI64N' is not supported yet"));
}

}  // namespace
}  // namespace mxban
