#ifndef MXBAN_CTL_MXBAN_REGEX_RUN_H_
#define MXBAN_CTL_MXBAN_REGEX_RUN_H_

// Runs a filter over a log and tells what it found.

#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/mxban_regex_request.h"

namespace mxban::ctl {

// What a run reads and writes besides the files it is told of.
struct RegexStreams {
  std::istream& in;     // For LOG `-`.
  std::ostream& out;    // The report, or with `json` only the objects.
  std::ostream& notes;  // What of the filter is not honoured.
};

// Does what `request` asks for. Stamps without a zone are in `zone`; without
// `request.now` the clock's time counts.
//
// Errors: NOT_FOUND without such a log or filter, INVALID_ARGUMENT for a filter
// that is wrong, one line for each mistake.
absl::Status RunRegex(const RegexRequest& request, absl::TimeZone zone,
                      const RegexStreams& streams);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_RUN_H_
