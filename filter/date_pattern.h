#ifndef MXBAN_FILTER_DATE_PATTERN_H_
#define MXBAN_FILTER_DATE_PATTERN_H_

// Finds the time stamp of a log line, so that it can be cut out, and what time
// it means.
//
// Stands for a filter's `datepattern`, one pattern a line, tried in order.
// Those understood so far:
//
//   (none), {DEFAULT}         a stamp at the line's begin, else the leftmost
//   one
//   {^LN-BEG}                 only at the begin, behind at most two characters
//                             that belong to no word
//   EPOCH, {^LN-BEG}EPOCH, ^EPOCH
//                             seconds since 1970
//   {NONE}                    no stamp at all
//
// and, as stamps: RFC 3164, ISO 8601 (so RFC 5424 too) and seconds since 1970.
// Others are refused by Compile(), never guessed. The remaining templates of
// Fail2Ban will be further kinds behind the same two methods.
//
// A stamp without a year is of this year, unless that were more than a day
// ahead of now: then of the last. One without a zone is in the zone given.
//
// Find() never allocates. Thread-compatible: it remembers the last minute, for
// most lines share it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "filter/stamp_parser.h"

namespace mxban {

class DatePattern {
 public:
  enum class Kind { kIso, kSyslog, kEpoch };
  static constexpr int kKinds = 3;

  struct Stamp {
    size_t begin = 0;  // What to cut from the line.
    size_t end = 0;
    Kind kind = Kind::kIso;
    // Whole seconds; none if the date is impossible, as 31 February.
    std::optional<absl::Time> time;
  };

  // INVALID_ARGUMENT quotes a pattern that is not understood. No patterns mean
  // the default list.
  static absl::StatusOr<DatePattern> Compile(
      const std::vector<std::string>& patterns, absl::TimeZone zone);

  // The stamp of `line`, if it has one.
  std::optional<Stamp> Find(absl::string_view line, absl::Time now);

  // What a kind is called in reports.
  static absl::string_view NameOf(Kind kind);

 private:
  // Where one pattern looks, and what for.
  struct Search {
    bool at_begin = false;
    bool anywhere = false;
    bool dates = false;
    bool epoch = false;
  };

  struct Minute {
    absl::CivilMinute civil;
    absl::Time time = absl::InfinitePast();
  };

  explicit DatePattern(absl::TimeZone zone) : zone_(zone) {}

  static std::optional<Search> SearchOf(absl::string_view pattern);

  std::optional<Stamp> FindAtBegin(const Search& search,
                                   absl::string_view line);
  std::optional<Stamp> FindAnywhere(const Search& search,
                                    absl::string_view line);
  std::optional<Stamp> FindDateAt(absl::string_view line, size_t position);

  void Adopt(absl::Time now);
  std::optional<absl::Time> TimeOf(StampFields fields);
  std::optional<absl::Time> TimeInYear(const StampFields& fields, int year);

  absl::TimeZone zone_;
  std::vector<Search> searches_;

  absl::Time now_ = absl::InfinitePast();
  int64_t now_minute_ = 0;
  int this_year_ = 0;
  int last_year_ = 0;              // The latest that a stamp may name.
  std::array<Minute, 2> minutes_;  // The last one of even and odd years.
};

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_PATTERN_H_
