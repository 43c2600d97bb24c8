#ifndef MXBAN_AGENT_FIREWALL_XTABLES_LOCK_H_
#define MXBAN_AGENT_FIREWALL_XTABLES_LOCK_H_

// The lock that every program takes before it rewrites a legacy table.
//
// The kernel notices another writer only by a changed number of rules, so
// whoever reads, changes and commits without this lock silently undoes what
// others did in between. It is a flock on /run/xtables.lock, or on the file
// that the environment's XTABLES_LOCKFILE names; one for all tables, families
// and namespaces. In a container, mount the host's file.

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mxban {

// Held from Acquire() until destruction.
class XtablesLock {
 public:
  // Waits up to `patience` for others to finish.
  //
  //   UNAVAILABLE        somebody holds it; the message says who, if known.
  //   PERMISSION_DENIED  the file may not be opened.
  //   INTERNAL           the file cannot be opened; it is a folder, say.
  static absl::StatusOr<XtablesLock> Acquire(
      absl::Duration patience = absl::Seconds(5));

  XtablesLock(XtablesLock&& other) noexcept;
  XtablesLock& operator=(XtablesLock&&) = delete;
  ~XtablesLock();

 private:
  explicit XtablesLock(int file) : file_(file) {}

  int file_;  // Negative once moved from.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_XTABLES_LOCK_H_
