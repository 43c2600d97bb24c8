#ifndef MXBAN_AGENT_ENFORCING_HALF_H_
#define MXBAN_AGENT_ENFORCING_HALF_H_

// Splits an agent in two processes. The enforcing half alone may touch the
// firewall, and can do hardly anything else; the other half reads what
// attackers write, in logs and on the network, and has no right that they could
// want. They speak over a FirewallChannel.
//
// If one half dies the other notices at once and ends; the bans stay. A service
// manager starts both again.

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "agent/firewall/firewall_channel.h"

namespace mxban {

struct EnforcingHalf {
  pid_t pid = 0;
  FirewallChannel channel;
};

// Forks. The child confines itself (two capabilities, a filter of system calls,
// no file but the standard streams) and serves the firewall `kind`, as
// OpenFirewall() knows it, until the other half is gone.
//
// Signals that end a daemon must be blocked: the child outlasts the parent, for
// the rules that are to go at the end.
//
// REQUIRES: this is the only thread.
absl::StatusOr<EnforcingHalf> StartEnforcingHalf(const std::string& kind);

}  // namespace mxban

#endif  // MXBAN_AGENT_ENFORCING_HALF_H_
