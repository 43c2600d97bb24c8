#ifndef MXBAN_FILTER_LOCAL_ZONE_H_
#define MXBAN_FILTER_LOCAL_ZONE_H_

// The zone of stamps that name none.

#include "absl/time/time.h"

namespace mxban {

// This machine's zone, or the one that TZ names. Unlike absl::LocalTimeZone(),
// which takes those for UTC, it knows rules such as
// `TZ=CET-01CEST-02,M3.5.0,M10.5.0` too.
absl::TimeZone LocalZone();

}  // namespace mxban

#endif  // MXBAN_FILTER_LOCAL_ZONE_H_
