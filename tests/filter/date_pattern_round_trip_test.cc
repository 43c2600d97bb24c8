// Stamps that the C library's strftime(), or Abseil, write mean the time that
// they were written of: over years, zones, leap days and changes of the clock.

#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "filter/date_pattern.h"
#include "filter/local_zone.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

struct Format {
  const char* written;  // As strftime() knows it.
  const char* pattern;
};

// Those that tell the year.
constexpr Format kFormats[] = {
    {"%Y-%m-%d %H:%M:%S", ""},
    {"%Y/%m/%dT%H:%M:%S%z", ""},
    {"%a %b %e %H:%M:%S %Y", ""},
    {"%b %d %Y %H:%M:%S", ""},
    {"%d/%b/%Y:%H:%M:%S %z", ""},
    {"%m/%d/%Y:%H:%M:%S", ""},
    {"%d-%m-%Y %H:%M:%S", ""},
    {"%y%m%d %H:%M:%S", ""},
    {"%b %d, %Y %I:%M:%S %p", ""},
    {"%Y%m%dT%H%M%S%z", ""},
    {"x: %Y-%m-%d %H:%M:%S", ""},
    {"x [%d/%b/%Y:%H:%M:%S %z]", "^[^\\[]*\\[({DATE})"},
    {"%s", "EPOCH"},
    {"%Y %j %H.%M.%S", "%Y %j %H.%M.%S"},
    {"%Y %U %w %H.%M.%S", "%Y %U %w %H.%M.%S"},
    {"%Y %W %A %H.%M.%S", "%Y %W %A %H.%M.%S"},
    {"%A %d %B %Y, %l:%M:%S %p", "%A %d %B %Y, %l:%M:%S %p"},
    {"%c", "%c"},
};

// POSIX rules come from the C library, names from the zone files.
constexpr const char* kZones[] = {
    "UTC",
    "CET-01CEST-02,M3.5.0,M10.5.0",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "<-03>3",
};

std::string Write(const char* format, absl::Time time) {
  const std::time_t seconds = absl::ToTimeT(time);
  std::tm tm;
  localtime_r(&seconds, &tm);
  char text[128];
  return std::string(text, std::strftime(text, sizeof(text), format, &tm));
}

// Any, and those round leap days, year ends and changes of the clock.
std::vector<absl::Time> Times() {
  std::mt19937 random(11);
  std::vector<absl::Time> times;
  const absl::Time begin = absl::FromUnixSeconds(1'001'000'000);
  for (int i = 0; i < 150; ++i) {
    times.push_back(begin + absl::Seconds(random() % 790'000'000));
  }
  for (const absl::CivilDay day :
       {absl::CivilDay(2004, 2, 29), absl::CivilDay(2024, 2, 29),
        absl::CivilDay(2025, 12, 31), absl::CivilDay(2026, 3, 29),
        absl::CivilDay(2026, 10, 25), absl::CivilDay(2026, 11, 1)}) {
    const absl::Time noon =
        absl::FromCivil(day, absl::UTCTimeZone()) + absl::Hours(12);
    for (int minutes = -1500; minutes < 1500; minutes += 47) {
      times.push_back(noon + absl::Minutes(minutes));
    }
  }
  return times;
}

class DatePatternRoundTripTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    setenv("TZ", GetParam(), 1);
    tzset();
    zone_ = LocalZone();
  }

  DatePattern Compile(const Format& format) {
    std::vector<std::string> patterns;
    if (format.pattern[0] != '\0') patterns.push_back(format.pattern);
    return DatePattern::Compile(patterns, zone_).value();
  }

  absl::TimeZone zone_;
};

// An hour that occurs twice looks the same both times.
TEST_P(DatePatternRoundTripTest, WhatIsWrittenIsRead) {
  const absl::Time now = absl::FromUnixSeconds(1'795'435'200);
  const std::vector<absl::Time> times = Times();
  for (const Format& format : kFormats) {
    DatePattern pattern = Compile(format);
    for (const absl::Time time : times) {
      const std::string stamp = Write(format.written, time);
      const auto found = pattern.Find(stamp, now);
      ASSERT_TRUE(found && found->time) << format.written << ": " << stamp;
      if (*found->time == time) continue;
      EXPECT_LE(absl::AbsDuration(time - *found->time), absl::Hours(1))
          << stamp;
      EXPECT_EQ(Write(format.written, *found->time), stamp);
    }
  }
}

// Without a year, it is the one that makes the stamp recent.
TEST_P(DatePatternRoundTripTest, RecentStampsNeedNoYear) {
  DatePattern pattern = Compile({"", ""});
  for (const absl::Time time : Times()) {
    const std::string stamp = Write("%b %e %H:%M:%S", time);
    for (const int days : {0, 1, 40, 363}) {
      const auto found = pattern.Find(stamp, time + absl::Hours(24 * days + 2));
      ASSERT_TRUE(found && found->time) << stamp;
      EXPECT_EQ(Write("%Y %b %e %H:%M:%S", *found->time),
                Write("%Y ", time) + stamp);
    }
  }
}

TEST_P(DatePatternRoundTripTest, RecentStampsNeedNoDay) {
  DatePattern pattern = Compile({"", "^%H:%M:%S"});
  for (const absl::Time time : Times()) {
    const std::string stamp = Write("%H:%M:%S", time);
    for (const int hours : {0, 2, 22}) {
      const auto found = pattern.Find(stamp, time + absl::Hours(hours));
      ASSERT_TRUE(found && found->time) << stamp;
      EXPECT_LE(absl::AbsDuration(*found->time - time), absl::Hours(1))
          << stamp << " " << hours;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, DatePatternRoundTripTest,
                         testing::ValuesIn(kZones));

}  // namespace
}  // namespace mxban
