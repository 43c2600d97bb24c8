#ifndef MXBAN_AGENT_SYSCALL_FILTER_H_
#define MXBAN_AGENT_SYSCALL_FILTER_H_

// The system calls that are left to the enforcing half.

#include "absl/status/status.h"

namespace mxban {

// From here on the process can speak with the other half and with the kernel's
// netfilter and sock_diag, but with no other host; take the xtables lock, log,
// and end. Files can be
// opened for reading, or made, empty, as the lock's is; none can be written.
// Starting a program or a process kills it; whatever else is not on the list
// fails with EPERM. For good, and for all threads.
//
// UNIMPLEMENTED if the kernel has no seccomp.
absl::Status FilterSyscalls();

}  // namespace mxban

#endif  // MXBAN_AGENT_SYSCALL_FILTER_H_
