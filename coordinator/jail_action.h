#ifndef MXBAN_COORDINATOR_JAIL_ACTION_H_
#define MXBAN_COORDINATOR_JAIL_ACTION_H_

// What a jail's `action` means to mxban, which runs no commands: the one
// firewall action among them becomes an Enforcement.
//
//   iptables-multiport[name=sendmail-auth, port="submission,465,smtp"]
//
// Understood are Fail2Ban's actions that close TCP ports by iptables or
// nftables, with `name`, `port`, `protocol = tcp`, `chain = INPUT` and
// `blocktype`; which backend closes them is each agent's choice. Actions that
// send mail or reports are left out with a note; every other one is refused.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"

namespace mxban {

struct ActionReading {
  Enforcement enforcement;
  std::vector<std::string> notes;
};

// Reads the list `actions` of the jail `jail_name`. An action without `port`
// closes `jail_port`, if that is not empty. INVALID_ARGUMENT unless exactly one
// action is a firewall's.
absl::StatusOr<ActionReading> ReadActions(absl::string_view actions,
                                          absl::string_view jail_name,
                                          absl::string_view jail_port);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_ACTION_H_
