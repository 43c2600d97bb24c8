#ifndef MXBAN_FILTER_DATE_NAMES_H_
#define MXBAN_FILTER_DATE_NAMES_H_

// The English names of months and weekdays, as logs have them: short or long,
// in any case. The first three letters tell.

#include "absl/strings/string_view.h"

namespace mxban {

// 1 for January; 0 if `text` does not start with a month.
int MonthOf(absl::string_view text);

// 0 for Sunday; -1 if `text` does not start with a weekday.
int WeekdayOf(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_FILTER_DATE_NAMES_H_
