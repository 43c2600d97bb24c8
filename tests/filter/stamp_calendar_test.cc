#include "filter/stamp_calendar.h"

#include <cstdlib>
#include <string>

#include "filter/local_zone.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr int kNone = StampFields::kNone;

absl::Time Utc(int year, int month, int day, int hour = 0, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(year, month, day, hour, minute),
                         absl::UTCTimeZone());
}

const absl::Time kNow = Utc(2026, 11, 23, 12);  // A Monday.

absl::TimeZone Berlin() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Berlin", &zone));
  return zone;
}

// The time in UTC, or `none`.
std::string TimeOf(const StampFields& fields, absl::Time now = kNow,
                   absl::TimeZone zone = absl::UTCTimeZone()) {
  StampCalendar calendar(zone);
  calendar.SetNow(now);
  const auto time = calendar.TimeOf(fields);
  if (!time) return "none";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", *time, absl::UTCTimeZone());
}

StampFields At(int year, int month, int day, int hour = 0, int minute = 0) {
  StampFields fields;
  fields.year = year;
  fields.month = month;
  fields.day = day;
  fields.hour = hour;
  fields.minute = minute;
  return fields;
}

TEST(StampCalendarTest, ThereAreDaysThatAreNot) {
  EXPECT_EQ(TimeOf(At(2024, 2, 29)), "2024-02-29 00:00:00");
  EXPECT_EQ(TimeOf(At(2026, 2, 29)), "none");
  EXPECT_EQ(TimeOf(At(2026, 2, 31)), "none");
  EXPECT_EQ(TimeOf(At(2026, 4, 31)), "none");
  EXPECT_EQ(TimeOf(At(0, 12, 30)), "none");
  EXPECT_EQ(TimeOf(At(10000, 12, 30)), "none");
  EXPECT_EQ(TimeOf(At(2026, 0, 1)), "none");
  EXPECT_EQ(TimeOf(At(2026, 13, 1)), "none");
  EXPECT_EQ(TimeOf(At(2026, 1, 0)), "none");
  EXPECT_EQ(TimeOf(At(2026, 1, 1, 24)), "none");
  EXPECT_EQ(TimeOf(At(2026, 1, 1, 23, 60)), "none");
  EXPECT_EQ(TimeOf(At(2026, kNone, 1)), "none") << "a day of no month";
  EXPECT_EQ(TimeOf(At(2026, 1, kNone)), "none");
}

TEST(StampCalendarTest, LeapSecondsCountOn) {
  StampFields fields = At(2026, 12, 31, 23, 59);
  fields.second = 60;
  EXPECT_EQ(TimeOf(fields), "2027-01-01 00:00:00");
  fields.second = 62;
  EXPECT_EQ(TimeOf(fields), "none");
}

TEST(StampCalendarTest, NoYearIsThisOrTheLast) {
  EXPECT_EQ(TimeOf(At(kNone, 11, 23, 11)), "2026-11-23 11:00:00");
  EXPECT_EQ(TimeOf(At(kNone, 11, 24, 12)), "2026-11-24 12:00:00");
  EXPECT_EQ(TimeOf(At(kNone, 11, 24, 12, 1)), "2025-11-24 12:01:00");
  EXPECT_EQ(TimeOf(At(kNone, 2, 30)), "none");
  EXPECT_EQ(TimeOf(At(kNone, 2, 29)), "none");
  EXPECT_EQ(TimeOf(At(kNone, 2, 29), Utc(2025, 1, 1)), "2024-02-29 00:00:00");
}

// In its own zone it is already, or still, another year.
TEST(StampCalendarTest, NoYearIsThatOfTheZone) {
  StampFields fields = At(kNone, 1, 1, 0, 30);
  fields.has_zone = true;
  fields.zone_minutes = 120;
  EXPECT_EQ(TimeOf(fields, Utc(2026, 12, 31, 22, 30)), "2026-12-31 22:30:00");
  fields = At(kNone, 12, 31, 20);
  fields.has_zone = true;
  fields.zone_minutes = -300;
  EXPECT_EQ(TimeOf(fields, Utc(2027, 1, 1, 1)), "2027-01-01 01:00:00");
}

TEST(StampCalendarTest, NoDayIsTodayOrYesterday) {
  StampFields fields;
  EXPECT_EQ(TimeOf(fields), "2026-11-23 00:00:00");
  fields.hour = 12;
  EXPECT_EQ(TimeOf(fields), "2026-11-23 12:00:00");
  fields.minute = 1;
  EXPECT_EQ(TimeOf(fields), "2026-11-22 12:01:00");
  EXPECT_EQ(TimeOf(fields, Utc(2026, 1, 1)), "2025-12-31 12:01:00");
  fields.year = 2025;
  EXPECT_EQ(TimeOf(fields), "2025-11-23 12:01:00");
  EXPECT_EQ(TimeOf(fields, Utc(2024, 2, 29)), "none");
}

TEST(StampCalendarTest, NoDayIsThatOfTheZone) {
  StampFields fields;
  fields.hour = 23;
  EXPECT_EQ(TimeOf(fields, Utc(2026, 7, 1, 21, 30), Berlin()),
            "2026-07-01 21:00:00");
  fields.has_zone = true;
  fields.zone_minutes = -240;
  EXPECT_EQ(TimeOf(fields, Utc(2026, 7, 2, 3, 30), Berlin()),
            "2026-07-02 03:00:00");
}

TEST(StampCalendarTest, DaysOfTheYear) {
  StampFields fields;
  fields.year = 2026;
  fields.day_of_year = 32;
  EXPECT_EQ(TimeOf(fields), "2026-02-01 00:00:00");
  fields.day_of_year = 366;
  EXPECT_EQ(TimeOf(fields), "none");
  fields.year = 2024;
  EXPECT_EQ(TimeOf(fields), "2024-12-31 00:00:00");
  fields.year = kNone;
  fields.day_of_year = 360;
  EXPECT_EQ(TimeOf(fields), "2025-12-26 00:00:00");
  fields.day_of_year = 0;
  EXPECT_EQ(TimeOf(fields), "none");
}

// strftime() agrees on every day of 28 years.
TEST(StampCalendarTest, WeeksOfTheYear) {
  StampCalendar calendar(absl::UTCTimeZone());
  calendar.SetNow(kNow);
  for (absl::CivilDay day(2000, 1, 1); day.year() < 2028; ++day) {
    const absl::Time time = absl::FromCivil(day, absl::UTCTimeZone());
    const std::tm tm = absl::ToTM(time, absl::UTCTimeZone());
    char weeks[8];
    ASSERT_EQ(std::strftime(weeks, sizeof(weeks), "%U %W", &tm), 5u);
    StampFields fields;
    fields.year = static_cast<int>(day.year());
    fields.weekday = tm.tm_wday;
    fields.sunday_week = std::atoi(weeks);
    ASSERT_EQ(calendar.TimeOf(fields), time) << day;
    fields.sunday_week = kNone;
    fields.monday_week = std::atoi(weeks + 3);
    ASSERT_EQ(calendar.TimeOf(fields), time) << day;
  }
}

TEST(StampCalendarTest, AWeekWithoutItsWeekdayIsNoDay) {
  StampFields fields;
  fields.sunday_week = 3;
  EXPECT_EQ(TimeOf(fields), "2026-11-23 00:00:00");
  fields.weekday = 7;
  EXPECT_EQ(TimeOf(fields), "none");
  fields.weekday = 0;
  fields.sunday_week = 54;
  EXPECT_EQ(TimeOf(fields), "none");
}

std::string HalfDay(int hour, bool is_afternoon) {
  StampFields fields = At(2026, 1, 1, kNone);
  fields.half_hour = hour;
  fields.is_afternoon = is_afternoon;
  const std::string time = TimeOf(fields);
  return time == "none" ? time : time.substr(11, 2);
}

TEST(StampCalendarTest, TwelveIsTheFirstHourOfHalfADay) {
  EXPECT_EQ(HalfDay(12, false), "00");
  EXPECT_EQ(HalfDay(1, false), "01");
  EXPECT_EQ(HalfDay(11, false), "11");
  EXPECT_EQ(HalfDay(12, true), "12");
  EXPECT_EQ(HalfDay(1, true), "13");
  EXPECT_EQ(HalfDay(11, true), "23");
  EXPECT_EQ(HalfDay(13, true), "none");
}

TEST(StampCalendarTest, SecondsSince1970OverruleTheRest) {
  StampFields fields = At(2026, 2, 31);
  fields.unix_seconds = 1'700'000'000;
  EXPECT_EQ(TimeOf(fields), "2023-11-14 22:13:20");
}

TEST(StampCalendarTest, SummerTime) {
  EXPECT_EQ(TimeOf(At(2026, 7, 1, 8), kNow, Berlin()), "2026-07-01 06:00:00");
  EXPECT_EQ(TimeOf(At(2026, 11, 1, 8), kNow, Berlin()), "2026-11-01 07:00:00");
  EXPECT_EQ(TimeOf(At(2026, 3, 29, 2, 30), kNow, Berlin()),
            "2026-03-29 01:30:00")
      << "skipped";
}

TEST(StampCalendarTest, OfTwoEqualTimesTheSecondUnlessItIsStillToCome) {
  const StampFields fields = At(2026, 10, 25, 2, 30);
  EXPECT_EQ(TimeOf(fields, kNow, Berlin()), "2026-10-25 01:30:00");
  EXPECT_EQ(TimeOf(fields, Utc(2026, 10, 25, 1, 30), Berlin()),
            "2026-10-25 01:30:00");
  EXPECT_EQ(TimeOf(fields, Utc(2026, 10, 25, 0, 31), Berlin()),
            "2026-10-25 00:30:00");
}

// A rule in TZ makes a zone of the C library.
TEST(StampCalendarTest, ZonesOfTheCLibrary) {
  setenv("TZ", "CET-01CEST-02,M3.5.0,M10.5.0/03", 1);
  tzset();
  const absl::TimeZone zone = LocalZone();
  StampCalendar by_rule(zone);
  StampCalendar by_name(Berlin());
  by_rule.SetNow(kNow);
  by_name.SetNow(kNow);
  for (absl::CivilMinute minute(2019, 1, 1); minute < absl::CivilMinute(2021);
       minute += 30) {
    const StampFields fields =
        At(static_cast<int>(minute.year()), minute.month(), minute.day(),
           minute.hour(), minute.minute());
    ASSERT_EQ(by_rule.TimeOf(fields), by_name.TimeOf(fields)) << minute;
  }
}

int LastYear(int year) {
  StampCalendar calendar(absl::UTCTimeZone());
  calendar.SetNow(Utc(year, 6, 1));
  return calendar.last_year();
}

TEST(StampCalendarTest, TheLastYearIsThatOfTheNextDecade) {
  EXPECT_EQ(LastYear(1970), 2029);
  EXPECT_EQ(LastYear(2005), 2029);
  EXPECT_EQ(LastYear(2026), 2029);
  EXPECT_EQ(LastYear(2027), 2039);
  EXPECT_EQ(LastYear(2096), 2099);
  EXPECT_EQ(LastYear(2500), 2099);
}

TEST(StampCalendarTest, AnyNowWillDo) {
  StampCalendar calendar(Berlin());
  for (const absl::Time now : {absl::InfiniteFuture(), absl::InfinitePast(),
                               absl::UnixEpoch(), kNow}) {
    calendar.SetNow(now);
    calendar.TimeOf(StampFields());
    calendar.TimeOf(At(kNone, 2, 29));
  }
  EXPECT_EQ(calendar.last_year(), 2099) << "never falls";
}

}  // namespace
}  // namespace mxban
