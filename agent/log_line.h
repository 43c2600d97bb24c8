#ifndef MXBAN_AGENT_LOG_LINE_H_
#define MXBAN_AGENT_LOG_LINE_H_

// A line of some log, and where it stands in it.

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

struct LogLine {
  absl::string_view text;  // Without its newline.
  // Positions: who has read the line goes on at `end`, who reads it again
  // begins at `begin`.
  uint64_t begin = 0;
  uint64_t end = 0;
  std::optional<absl::Time> time;  // Unless it is in the text, if anywhere.
  // Whole lines right before it, as many as are at hand.
  absl::string_view before;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_LINE_H_
