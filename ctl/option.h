#ifndef MXBAN_CTL_OPTION_H_
#define MXBAN_CTL_OPTION_H_

// Options of a command line that take a duration, in Fail2Ban's notation.

#include "CLI/App.hpp"
#include "absl/time/time.h"

namespace mxban::ctl {

// Whether `ever` is a duration, too.
enum class Ever { kNotAllowed, kAllowed };

// Adds the option `name`, which sets `duration`, if it is given, to a positive
// one. `duration` must outlive `command`.
CLI::Option& AddDuration(CLI::App& command, const char* name,
                         absl::Duration& duration, Ever ever,
                         const char* description);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_OPTION_H_
