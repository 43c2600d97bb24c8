#ifndef MXBAN_AGENT_FIREWALL_IPSET_ERROR_H_
#define MXBAN_AGENT_FIREWALL_IPSET_ERROR_H_

// What ipset's answers mean. Beside the errno values it has numbers of its own
// above 4096, of which strerror() knows nothing.

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Returns "cannot <action>: <reason>".
//
//   PERMISSION_DENIED   CAP_NET_ADMIN is missing.
//   NOT_FOUND           there is no such set.
//   ALREADY_EXISTS      there is, but with other parameters.
//   RESOURCE_EXHAUSTED  the set is full.
//   UNAVAILABLE         the set is in use; or another one is made of it.
//   UNIMPLEMENTED       the kernel has no ipset, or not this kind of set.
//   INTERNAL            anything else.
//
// REQUIRES: `error` is positive.
absl::Status IpsetError(int error, absl::string_view action);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPSET_ERROR_H_
