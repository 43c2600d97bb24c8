#ifndef MXBAN_CTL_MXBAN_REGEX_RUN_H_
#define MXBAN_CTL_MXBAN_REGEX_RUN_H_

// Runs a filter over a log and tells what it found.
//
// Empty lines and those that begin with `#` are numbered and skipped, as
// fail2ban-regex does, so that annotated samples can be read as they are.

#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "ctl/mxban_regex_request.h"
#include "ctl/progress_bar.h"

namespace mxban::ctl {

// What a run meets besides the files it is told of.
struct RegexSurroundings {
  std::istream& in;     // For LOG `-`.
  std::ostream& out;    // The report, or with `json` only the objects.
  std::ostream& notes;  // Notes, warnings and the progress bar.
  const Clock& clock;
  absl::TimeZone zone;             // Of stamps without one.
  ProgressBar::Terminal terminal;  // What `notes` writes to.
};

// Does what `request` asks for. Without `request.now` the clock's time counts.
//
// Errors: NOT_FOUND without such a log or filter, INVALID_ARGUMENT for a filter
// that is wrong, one line for each mistake, or a compressed log.
absl::Status RunRegex(const RegexRequest& request,
                      const RegexSurroundings& surroundings);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_RUN_H_
