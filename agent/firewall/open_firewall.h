#ifndef MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_

// Chooses the backend that this kernel and these rights allow.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/firewall/firewall.h"

namespace mxban {

struct OpenedFirewall {
  std::unique_ptr<Firewall> firewall;
  std::string why;  // "it works", "as asked"; for people.
};

// INVALID_ARGUMENT unless `kind` is a backend that enforces, `none` or `auto`.
absl::Status ValidateFirewallKind(absl::string_view kind);

// Opens the backend `kind`. A backend that enforces is first tried out: a jail
// that concerns nobody is set up, looked at and removed. `auto` never settles
// for none. Works in the network namespace of the calling thread.
//
//   INVALID_ARGUMENT   there is no such kind.
//   UNAVAILABLE        another program holds the tables; try again.
//   PERMISSION_DENIED  rights were missing.
//   UNIMPLEMENTED      the kernel has none of it; the message says what each
//                      backend said.
absl::StatusOr<OpenedFirewall> OpenFirewall(absl::string_view kind);

// What trying each backend gives, in the order of `auto`, and which one it
// takes.
struct ProbedFirewall {
  std::string kind;
  absl::Status status;
  bool chosen = false;
};
std::vector<ProbedFirewall> ProbeFirewalls();

// Takes away what other backends than `kind`, which enforces, have left behind:
// of an agent that was started with another one.
absl::Status RemoveOtherFirewalls(absl::string_view kind);

// Takes away what all backends have left behind.
absl::Status RemoveAllFirewalls();

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_
