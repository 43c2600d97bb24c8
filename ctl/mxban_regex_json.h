#ifndef MXBAN_CTL_MXBAN_REGEX_JSON_H_
#define MXBAN_CTL_MXBAN_REGEX_JSON_H_

// Failures for programs, one JSON object a line:
//
//   {"line":1,"host":"192.0.2.1","time":1124013600.0,"failid":"192.0.2.1"}
//
// `host` is the address or name as captured, null where the filter captures
// none; `time` is null where the log tells none; `failid` is what is counted.

#include <cstdint>
#include <ostream>

#include "filter/failure_matcher.h"

namespace mxban::ctl {

// Writes an object for each failure of line `line_number`. Bytes that are not
// UTF-8 become U+FFFD.
void PrintFailures(uint64_t line_number, const FailureMatcher::Result& result,
                   std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_MXBAN_REGEX_JSON_H_
