#ifndef MXBAN_COORDINATOR_FIREWALL_ACTION_H_
#define MXBAN_COORDINATOR_FIREWALL_ACTION_H_

// One action of Fail2Ban that closes ports on a host's firewall, as an
// Enforcement. Which firewall it names matters little: each agent closes the
// ports in chains of its own, by a backend of its own choice.
//
// Understood are `name`, `port`, `protocol`, `chain`, `type`, `blocktype` and
// `returntype`, in brackets or in a `.local` beside the action's file, which
// also is what `<known/KEY>` in brackets gives way to. An action that closes
// all ports closes all TCP ports here. What would open or narrow what is closed
// is refused; what cannot matter is a note.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "filter/option_list.h"

namespace mxban {

// All that TCP has; port 0 is nobody's.
inline constexpr PortRange kAllPorts = {1, 65535};

enum class ActionKind {
  kPorts,      // Closes the ports it is given.
  kAllPorts,   // Closes all.
  kReport,     // Tells somebody.
  kElsewhere,  // Has a ban enforced by something that is no host's firewall.
  kUnknown,
};

ActionKind KindOfAction(absl::string_view name);

// What an action has to know of its jail.
struct ActionContext {
  std::string jail_name;
  std::string jail_port;   // What an action without `port` closes, if any.
  std::string action_dir;  // `action.d`; need not exist.
};

struct FirewallReading {
  std::optional<Enforcement> enforcement;  // None if it leaves TCP open.
  std::vector<std::string> notes;
};

// Reads `action`, which is of kind kPorts or kAllPorts. INVALID_ARGUMENT says
// what it asks for that would not be so.
absl::StatusOr<FirewallReading> ReadFirewallAction(
    const OptionItem& action, const ActionContext& context);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FIREWALL_ACTION_H_
