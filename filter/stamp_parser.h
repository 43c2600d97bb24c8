#ifndef MXBAN_FILTER_STAMP_PARSER_H_
#define MXBAN_FILTER_STAMP_PARSER_H_

// Reads the usual time stamps by hand, several times faster than an expression
// does. What is accepted is what their templates accept, character by
// character; date_pattern.h decides where to look.
//
// A parser returns the length of the stamp at the start of `text`, 0 if there
// is none, and fills `fields` when it is not 0. Fields are within the
// templates' ranges, but may name an impossible day such as 31 February.

#include <cstddef>

#include "absl/strings/string_view.h"
#include "filter/stamp_fields.h"

namespace mxban {

// `2026-11-23T08:51:19.287127+00:00`, `2026-11-23 08:51:19,287`,
// `2026/11/23 08:51:19`. Years from 2000 to `last_year`.
size_t ParseIsoStamp(absl::string_view text, int last_year,
                     StampFields& fields);

// `Nov 23 08:40:11`, `Mon Nov 23 08:40:11.5 2026`.
size_t ParseSyslogStamp(absl::string_view text, int last_year,
                        StampFields& fields);

// Ten or eleven digits, and perhaps a fraction, which is dropped.
size_t ParseEpochStamp(absl::string_view text, StampFields& fields);

}  // namespace mxban

#endif  // MXBAN_FILTER_STAMP_PARSER_H_
