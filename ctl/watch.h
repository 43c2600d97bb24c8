#ifndef MXBAN_CTL_WATCH_H_
#define MXBAN_CTL_WATCH_H_

// The changes of the bans, as they happen.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/session.h"

namespace mxban::ctl {

// How often what is live is asked for again.
inline constexpr absl::Duration kLiveInterval = absl::Seconds(2);

// Prints every change: a line, or for programs a WatchBansResponse. On a
// terminal the last line sums up the cluster, anew every `interval`.
//
// Returns when the stream ends, always with an error, or when `out` fails. The
// timeout is for the first sign of life only.
absl::Status WatchBans(const Session& session,
                       absl::Duration interval = kLiveInterval);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_WATCH_H_
