#ifndef MXBAN_FILTER_STAMP_CALENDAR_H_
#define MXBAN_FILTER_STAMP_CALENDAR_H_

// Finds the time that a stamp means, when parts of it may be missing.
//
//   no zone   the one given to the constructor, with its daylight rule; of a
//             time that occurs twice the second one, unless that is still to
//             come; a time that is skipped is that of a clock not moved
//   no year   this year, unless that were more than a day ahead of now or is
//             impossible: then the last
//   no day    today, unless that were ahead of now: then yesterday
//   no am/pm  am
//
// Days are also taken as day of the year, or as week of the year and weekday;
// weeks may reach into the years beside. Seconds of 60 and 61 count on.
//
// Never allocates. Thread-compatible: it remembers the last minute, for most
// stamps share it.

#include <array>
#include <cstdint>
#include <optional>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "filter/stamp_fields.h"

namespace mxban {

class StampCalendar {
 public:
  explicit StampCalendar(absl::TimeZone zone) : zone_(zone) {}

  void SetNow(absl::Time now);

  // The greatest year that a stamp of this century may name: that of the decade
  // that is three years ahead, but never below 2029: a replay of old logs, with
  // an old now, still knows the years that the program has seen. Never falls.
  int last_year() const { return last_year_; }

  // The time, in whole seconds; nothing if there is no such day or hour.
  // REQUIRES: SetNow() was called.
  std::optional<absl::Time> TimeOf(const StampFields& fields);

 private:
  struct Minute {
    absl::CivilMinute civil;
    absl::Time time = absl::InfinitePast();
  };

  absl::CivilSecond NowFor(const StampFields& fields) const;
  std::optional<absl::Time> TimeInYear(const StampFields& fields, int year);
  std::optional<absl::Time> TimeToday(const StampFields& fields);
  std::optional<absl::Time> TimeOn(const StampFields& fields,
                                   absl::CivilDay day);

  absl::TimeZone zone_;
  absl::Time now_ = absl::InfinitePast();
  int64_t now_minute_ = 0;
  int this_year_ = 0;
  int last_year_ = 2029;
  std::array<Minute, 2> minutes_;  // The last one of even and odd years.
};

}  // namespace mxban

#endif  // MXBAN_FILTER_STAMP_CALENDAR_H_
