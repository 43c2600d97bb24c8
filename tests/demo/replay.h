#ifndef MXBAN_TESTS_DEMO_REPLAY_H_
#define MXBAN_TESTS_DEMO_REPLAY_H_

// Logs of the past, written again as if it were now.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mxban::demo {

// A captured log with RFC 3164 stamps, and the log to append it to.
struct ReplayedLog {
  std::string from, to;
};

struct ReplaySummary {
  size_t lines = 0;
  absl::Duration span;  // From the first line's stamp to the last one's.
};

// Appends the lines of all logs in the order of their stamps; lines of one log
// keep theirs. All stamps are moved by one constant that makes the newest now.
// What happened over `span` is written within `duration`, in the same rhythm.
// Stamps are read and written in the local time zone.
absl::StatusOr<ReplaySummary> Replay(const std::vector<ReplayedLog>& logs,
                                     absl::Duration duration);

}  // namespace mxban::demo

#endif  // MXBAN_TESTS_DEMO_REPLAY_H_
