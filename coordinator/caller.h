#ifndef MXBAN_COORDINATOR_CALLER_H_
#define MXBAN_COORDINATOR_CALLER_H_

// Who calls the coordinator, and what they may do.

#include <string>

namespace mxban {

// Each may do more of what operators do than the one before.
enum class Role {
  kAgent,     // Reports failures and watches bans; nothing of operators.
  kViewer,    // Sees everything, changes nothing.
  kOperator,  // May do everything that operators may.
};

struct Caller {
  std::string name;  // As the audit log has it; printable.
  Role role = Role::kViewer;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_CALLER_H_
