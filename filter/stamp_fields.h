#ifndef MXBAN_FILTER_STAMP_FIELDS_H_
#define MXBAN_FILTER_STAMP_FIELDS_H_

// What a time stamp says, part by part, before it is known whether there is
// such a time. The parts may be out of range, as 31 February, or contradict
// each other; stamp_calendar.h decides.

#include <cstdint>
#include <optional>

namespace mxban {

struct StampFields {
  static constexpr int kNone = -1;

  int year = kNone;
  int month = kNone;
  int day = kNone;

  // Other ways to name a day.
  int day_of_year = kNone;
  int sunday_week = kNone;  // Week 1 starts at the year's first Sunday.
  int monday_week = kNone;
  int weekday = kNone;  // 0 is Sunday.

  int hour = kNone;
  int half_hour = kNone;  // Of a 12-hour clock.
  bool is_afternoon = false;
  int minute = 0;
  int second = 0;

  bool has_zone = false;
  int zone_minutes = 0;  // East of UTC.

  // Overrules all else.
  std::optional<int64_t> unix_seconds;
};

}  // namespace mxban

#endif  // MXBAN_FILTER_STAMP_FIELDS_H_
