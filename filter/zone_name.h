#ifndef MXBAN_FILTER_ZONE_NAME_H_
#define MXBAN_FILTER_ZONE_NAME_H_

// Zones as logs and the option `logtimezone` write them.
//
// An abbreviation stands for one fixed offset, whatever the season: `CET` is an
// hour east of UTC in July too. Where several places share one, the most usual
// is meant: `IST` is India's, `CST` and `EST` are America's, `BST` is Britain's
// summer. Single letters are the military zones; `J` is none, for it means
// local time. Case does not matter.

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

// Minutes east of UTC of `Z`, `CET`, `+0200`, `-07:00`, `+02`, `UTC+02:00`;
// nothing for what is no zone.
std::optional<int> ParseZone(absl::string_view text);

// The zone that a `logtimezone` names: one as above, or a place such as
// `Europe/Berlin`, with its daylight rule. INVALID_ARGUMENT if it is neither,
// or if this machine does not know the place.
absl::StatusOr<absl::TimeZone> ParseLogTimeZone(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_FILTER_ZONE_NAME_H_
