#ifndef MXBAN_AGENT_PRIVILEGES_H_
#define MXBAN_AGENT_PRIVILEGES_H_

// What each half of an agent may still do once it has given up the rest. Only
// before the first thread is started: the kernel counts rights by thread.

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mxban {

// Whom the half that reads logs becomes.
struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // Beside `group`.
};

// Finds the account `name`, with its own groups and `more_groups`, of which
// those that do not exist are passed over: systems differ in who may read logs.
// NOT_FOUND if there is no such account.
absl::StatusOr<Account> FindAccount(
    const std::string& name, const std::vector<std::string>& more_groups);

// Keeps CAP_NET_ADMIN and CAP_NET_RAW, as far as there, and nothing else:
// neither for this process nor for what it could execute. Its memory is nobody
// else's to read, as below.
absl::Status KeepFirewallCapabilities();

// Becomes `account` if this is root; gives up every capability, for good.
// Returns whether it is still root, in user or group, as where CAP_SETUID or
// CAP_SETGID is missing, or where the user namespace knows no such account.
absl::StatusOr<bool> DropPrivileges(const Account& account);

}  // namespace mxban

#endif  // MXBAN_AGENT_PRIVILEGES_H_
