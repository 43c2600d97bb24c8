#include "filter/stamp_calendar.h"

#include <algorithm>

namespace mxban {
namespace {

constexpr int kNone = StampFields::kNone;

bool IsWithin(int number, int least, int greatest) {
  return number >= least && number <= greatest;
}

// The hour of the day, kNone if there is no such hour.
int HourOf(const StampFields& fields) {
  if (fields.hour != kNone) return fields.hour > 23 ? kNone : fields.hour;
  if (fields.half_hour == kNone) return 0;
  if (fields.half_hour > 12) return kNone;
  return fields.half_hour % 12 + (fields.is_afternoon ? 12 : 0);
}

bool NamesWeek(const StampFields& fields) {
  return fields.weekday != kNone &&
         (fields.sunday_week != kNone || fields.monday_week != kNone);
}

bool NamesDay(const StampFields& fields) {
  return fields.month != kNone || fields.day != kNone ||
         fields.day_of_year != kNone || NamesWeek(fields);
}

std::optional<absl::CivilDay> DayOfMonth(const StampFields& fields, int year) {
  if (!IsWithin(fields.month, 1, 12) || !IsWithin(fields.day, 1, 31)) {
    return std::nullopt;
  }
  const absl::CivilDay day(year, fields.month, fields.day);
  if (day.day() != fields.day) return std::nullopt;
  return day;
}

std::optional<absl::CivilDay> DayOfYear(int number, int year) {
  if (!IsWithin(number, 1, 366)) return std::nullopt;
  const absl::CivilDay day = absl::CivilDay(year, 1, 1) + (number - 1);
  if (day.year() != year) return std::nullopt;
  return day;
}

std::optional<absl::CivilDay> DayOfWeek(const StampFields& fields, int year) {
  const bool from_sunday = fields.sunday_week != kNone;
  const int week = from_sunday ? fields.sunday_week : fields.monday_week;
  if (!IsWithin(week, 0, 53) || !IsWithin(fields.weekday, 0, 6)) {
    return std::nullopt;
  }
  const absl::CivilDay new_year(year, 1, 1);
  const absl::CivilDay first =
      absl::NextWeekday(new_year - 1, from_sunday ? absl::Weekday::sunday
                                                  : absl::Weekday::monday);
  const int into_week = (fields.weekday + (from_sunday ? 0 : 6)) % 7;
  return first + 7 * (week - 1) + into_week;
}

std::optional<absl::CivilDay> DayIn(const StampFields& fields, int year) {
  if (!IsWithin(year, 1, 9999)) return std::nullopt;
  if (fields.month != kNone || fields.day != kNone) {
    return DayOfMonth(fields, year);
  }
  if (fields.day_of_year != kNone) return DayOfYear(fields.day_of_year, year);
  return DayOfWeek(fields, year);
}

// The clock of the stamp may be as much ahead of ours.
constexpr absl::Duration kAhead = absl::Minutes(1);

// As absl::FromCivil(), but right for zones that the C library knows too: to
// Abseil, every hour of theirs occurs twice, though only one of the two shows
// on a clock.
absl::Time FromCivil(absl::CivilMinute civil, absl::TimeZone zone,
                     absl::Time now) {
  const absl::CivilSecond wanted(civil);
  const auto info = zone.At(wanted);
  if (info.kind == absl::TimeZone::TimeInfo::UNIQUE) return info.pre;
  const absl::Time early = std::min(info.pre, info.post);
  const absl::Time late = std::max(info.pre, info.post);
  const bool is_early = zone.At(early).cs == wanted;
  const bool is_late = zone.At(late).cs == wanted;
  if (is_early && is_late) return late <= now + kAhead ? late : early;
  // An hour that is skipped is told by a clock that has not been moved.
  return is_early ? early : late;
}

}  // namespace

void StampCalendar::SetNow(absl::Time now) {
  now_ = now;
  const int64_t minute = absl::ToUnixSeconds(now) / 60;
  if (minute == now_minute_ && this_year_ != 0) return;
  now_minute_ = minute;
  minutes_ = {};  // What occurs twice depends on now.
  const auto year = zone_.At(now).cs.year();
  this_year_ = static_cast<int>(std::clamp<int64_t>(year, 1, 9999));
  const int decade = std::min((this_year_ + 3) / 10 * 10, 2090);
  last_year_ = std::max(last_year_, decade + 9);
}

std::optional<absl::Time> StampCalendar::TimeOf(const StampFields& fields) {
  if (fields.unix_seconds) return absl::FromUnixSeconds(*fields.unix_seconds);
  if (!NamesDay(fields)) return TimeToday(fields);
  if (fields.year != kNone) return TimeInYear(fields, fields.year);
  const int this_year =
      fields.has_zone ? static_cast<int>(NowFor(fields).year()) : this_year_;
  const std::optional<absl::Time> time = TimeInYear(fields, this_year);
  if (time && *time <= now_ + absl::Hours(24)) return time;
  return TimeInYear(fields, this_year - 1);
}

// What a clock beside the one that wrote the stamp shows now.
absl::CivilSecond StampCalendar::NowFor(const StampFields& fields) const {
  if (!fields.has_zone) return zone_.At(now_).cs;
  const absl::Duration offset = absl::Minutes(fields.zone_minutes);
  return absl::UTCTimeZone().At(now_ + offset).cs;
}

std::optional<absl::Time> StampCalendar::TimeInYear(const StampFields& fields,
                                                    int year) {
  const std::optional<absl::CivilDay> day = DayIn(fields, year);
  if (!day) return std::nullopt;
  return TimeOn(fields, *day);
}

std::optional<absl::Time> StampCalendar::TimeToday(const StampFields& fields) {
  absl::CivilDay today(NowFor(fields));
  if (fields.year != kNone) {
    const absl::CivilDay then(fields.year, today.month(), today.day());
    if (!IsWithin(fields.year, 1, 9999) || then.day() != today.day()) {
      return std::nullopt;
    }
    today = then;
  }
  const std::optional<absl::Time> time = TimeOn(fields, today);
  if (!time || *time <= now_) return time;
  return TimeOn(fields, today - 1);
}

std::optional<absl::Time> StampCalendar::TimeOn(const StampFields& fields,
                                                absl::CivilDay day) {
  const int hour = HourOf(fields);
  if (hour == kNone || fields.minute > 59 || fields.second > 61) {
    return std::nullopt;
  }
  const absl::CivilMinute civil(day.year(), day.month(), day.day(), hour,
                                fields.minute);
  if (fields.has_zone) {
    return absl::FromCivil(civil, absl::UTCTimeZone()) -
           absl::Minutes(fields.zone_minutes) + absl::Seconds(fields.second);
  }
  Minute& last = minutes_[day.year() & 1];
  if (last.time == absl::InfinitePast() || last.civil != civil) {
    last = {.civil = civil, .time = FromCivil(civil, zone_, now_)};
  }
  return last.time + absl::Seconds(fields.second);
}

}  // namespace mxban
