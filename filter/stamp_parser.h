#ifndef MXBAN_FILTER_STAMP_PARSER_H_
#define MXBAN_FILTER_STAMP_PARSER_H_

// Reads one time stamp at one place in a line, by hand: no expression, no
// allocation. What is accepted is what Fail2Ban's templates accept, character
// by character; date_pattern.h decides where to look.
//
// A parser returns the length of the stamp at the start of `text`, 0 if there
// is none, and fills `fields` when it is not 0. Fields are within the
// templates' ranges, but may name an impossible day such as 31 February.

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace mxban {

struct StampFields {
  int year = 0;  // 0: the stamp names none.
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  bool has_zone = false;
  int zone_minutes = 0;  // East of UTC.
};

// `2026-11-23T08:51:19.287127+00:00`, `2026-11-23 08:51:19,287`,
// `2026/11/23 08:51:19`. Years from 2000 to `last_year`.
size_t ParseIsoStamp(absl::string_view text, int last_year,
                     StampFields& fields);

// `Nov 23 08:40:11`, `Mon Nov 23 08:40:11.5 2026`, `Nov 23 2026 08:40:11`.
size_t ParseSyslogStamp(absl::string_view text, int last_year,
                        StampFields& fields);

// Ten or eleven digits, and perhaps a fraction, which is dropped.
size_t ParseEpochStamp(absl::string_view text, int64_t& unix_seconds);

// What `\w` matches.
bool IsWordCharacter(char c);

}  // namespace mxban

#endif  // MXBAN_FILTER_STAMP_PARSER_H_
