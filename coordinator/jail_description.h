#ifndef MXBAN_COORDINATOR_JAIL_DESCRIPTION_H_
#define MXBAN_COORDINATOR_JAIL_DESCRIPTION_H_

// The text of `mxban-coordinator --check_config`.

#include <string>

#include "coordinator/jail_config.h"

namespace mxban {

// What every jail became, with every value that is in force, and behind
// `Not honoured:` the notes.
std::string DescribeJails(const JailConfig& config);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_DESCRIPTION_H_
