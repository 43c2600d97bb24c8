#ifndef MXBAN_COORDINATOR_PORT_LIST_H_
#define MXBAN_COORDINATOR_PORT_LIST_H_

// `submission,465,smtp`: the ports that a firewall action names.

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"

namespace mxban {

// Reads numbers, TCP services and ranges `first:last`, separated by commas, in
// their order. Services are those of /etc/services; those of mail and of
// Fail2Ban's jails are known without it. INVALID_ARGUMENT quotes what is no
// port, or says that they are too many.
absl::StatusOr<std::vector<PortRange>> ParsePortList(absl::string_view text);

// Whether a firewall rule can hold `ports`; INVALID_ARGUMENT if not.
absl::Status CheckPortSlots(const std::vector<PortRange>& ports);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PORT_LIST_H_
