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

// `kind` is `auto`, `ipset`, `iptables` or `none`. `auto` tries the backends in
// that order by using them, and fails with what each of them said:
// PERMISSION_DENIED if rights were missing, else UNIMPLEMENTED.
absl::StatusOr<OpenedFirewall> OpenFirewall(absl::string_view kind);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_OPEN_FIREWALL_H_
