#ifndef MXBAN_COORDINATOR_PORT_LIST_H_
#define MXBAN_COORDINATOR_PORT_LIST_H_

// `submission,465,smtp`: the ports that a firewall action names.

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"

namespace mxban {

// Reads numbers, TCP services and ranges `first:last`, separated by commas, in
// their order. Services are those of /etc/services; the usual ones of mail are
// known without it. INVALID_ARGUMENT quotes what is no port, or says that they
// are too many.
absl::StatusOr<std::vector<PortRange>> ParsePortList(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_PORT_LIST_H_
