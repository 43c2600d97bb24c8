#ifndef MXBAN_COORDINATOR_JAIL_ACTION_H_
#define MXBAN_COORDINATOR_JAIL_ACTION_H_

// What a jail's `action` means to mxban, which runs no commands: the firewall
// actions among them become one Enforcement.
//
//   iptables-multiport[name=sendmail-auth, port="submission,465,smtp"]
//
// Actions that send mail or reports, that block elsewhere than on the host, or
// that an operator has written himself are left out with a note, as long as one
// closes ports (firewall_action.h). Several that do are taken together, if they
// agree in all but their ports and names. A name that means nothing is refused.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "coordinator/firewall_action.h"

namespace mxban {

struct ActionReading {
  Enforcement enforcement;
  std::vector<std::string> left_out;  // Actions, each with the reason.
  std::vector<std::string> notes;     // What else is not as it is asked for.
};

// Reads the list `actions`. INVALID_ARGUMENT unless some action closes ports
// and all others can be left out.
absl::StatusOr<ActionReading> ReadActions(absl::string_view actions,
                                          const ActionContext& context);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_ACTION_H_
