#ifndef MXBAN_CTL_ERRORS_H_
#define MXBAN_CTL_ERRORS_H_

// Tells an operator what went wrong and what to do next.

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mxban::ctl {

// Where and how a call was made.
struct CallOrigin {
  std::string endpoint;
  absl::Duration timeout;
  // Whether the connection stood when the call failed. It tells a coordinator
  // that refuses with UNAVAILABLE from one that is not there.
  bool connected = false;
};

// A line without `mxbanctl: ` and newline, safe to print; several mistakes have
// a line each. A refusal is the coordinator's own message; what it cannot know
// is added: how to reach it.
std::string ExplainError(const absl::Status& error, const CallOrigin& origin);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_ERRORS_H_
