#ifndef MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_

// Chooses the backend that this kernel and these rights allow.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/firewall.h"

namespace mxban {

struct OpenedFirewall {
  std::unique_ptr<Firewall> firewall;
  std::string why;  // "legacy tables and ipset work", for the log.
};

// Opens the backend `kind`: `auto`, `ipset`, `iptables` or `none`. A backend
// that enforces is first tried out: a jail that concerns nobody is set up,
// looked at and removed. `auto` tries ipset, then iptables, and never settles
// for none. Works in the network namespace of the calling thread.
//
//   INVALID_ARGUMENT   there is no such kind.
//   UNAVAILABLE        another program holds the tables; try again.
//   PERMISSION_DENIED  rights were missing.
//   UNIMPLEMENTED      the kernel has none of it; the message says what each
//                      backend said.
absl::StatusOr<OpenedFirewall> OpenFirewall(absl::string_view kind);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_
