#include "agent/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr cap_value_t kFirewall[] = {CAP_NET_ADMIN, CAP_NET_RAW};

absl::Status Failed(absl::string_view action) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", action));
}

// Whether the process has `capability`, and `flag` says in which way.
bool Has(cap_value_t capability, cap_flag_t flag) {
  const std::unique_ptr<void, int (*)(void*)> own(cap_get_proc(), cap_free);
  cap_flag_value_t value = CAP_CLEAR;
  return own != nullptr &&
         cap_get_flag(static_cast<cap_t>(own.get()), capability, flag,
                      &value) == 0 &&
         value == CAP_SET;
}

// What is not in the bounding set, no executed program gets back. It takes
// CAP_SETPCAP to change; PR_SET_NO_NEW_PRIVS does the same for us without.
void NarrowBoundingSet(absl::Span<const cap_value_t> kept) {
  if (!Has(CAP_SETPCAP, CAP_EFFECTIVE)) return;
  for (cap_value_t capability = 0; cap_get_bound(capability) >= 0;
       ++capability) {
    if (std::find(kept.begin(), kept.end(), capability) == kept.end()) {
      cap_drop_bound(capability);
    }
  }
}

absl::Status Keep(absl::Span<const cap_value_t> kept) {
  std::vector<cap_value_t> own;
  for (const cap_value_t capability : kept) {
    if (Has(capability, CAP_PERMITTED)) own.push_back(capability);
  }
  const std::unique_ptr<void, int (*)(void*)> rights(cap_init(), cap_free);
  const auto capabilities = static_cast<cap_t>(rights.get());
  const int count = static_cast<int>(own.size());
  for (const cap_flag_t flag : {CAP_PERMITTED, CAP_EFFECTIVE}) {
    if (count > 0 &&
        cap_set_flag(capabilities, flag, count, own.data(), CAP_SET) != 0) {
      return Failed("choose capabilities");
    }
  }
  if (cap_reset_ambient() != 0 && errno != EINVAL) {
    return Failed("give up inherited capabilities");
  }
  if (cap_set_proc(capabilities) != 0) return Failed("give up capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Failed("rule out new privileges");
  }
  // Becoming another user may have made it so that root gets a core dump.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Failed("rule out core dumps");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Account> FindAccount(
    const std::string& name, const std::vector<std::string>& more_groups) {
  const passwd* found = getpwnam(name.c_str());
  if (found == nullptr) {
    return absl::NotFoundError(absl::StrCat("there is no user ", name));
  }
  Account account = {name, found->pw_uid, found->pw_gid, {}};
  int count = 64;
  account.groups.resize(count);
  if (getgrouplist(name.c_str(), account.group, account.groups.data(), &count) <
      0) {
    account.groups.resize(count);
    getgrouplist(name.c_str(), account.group, account.groups.data(), &count);
  }
  account.groups.resize(count);
  for (const std::string& group : more_groups) {
    const struct group* more = getgrnam(group.c_str());
    if (more != nullptr) account.groups.push_back(more->gr_gid);
  }
  return account;
}

absl::Status KeepFirewallCapabilities() {
  NarrowBoundingSet(kFirewall);
  return Keep(kFirewall);
}

absl::StatusOr<bool> DropPrivileges(const Account& account) {
  NarrowBoundingSet({});
  if (geteuid() == 0) {
    // Each by itself: a user namespace may allow one and not the other.
    const std::function<int()> changes[] = {
        [&] { return setgroups(account.groups.size(), account.groups.data()); },
        [&] { return setresgid(account.group, account.group, account.group); },
        [&] { return setresuid(account.user, account.user, account.user); }};
    for (const std::function<int()>& change : changes) {
      if (change() != 0 && errno != EPERM && errno != EINVAL) {
        return Failed(absl::StrCat("become user ", account.name));
      }
    }
  }
  RETURN_IF_ERROR(Keep({}));
  return geteuid() == 0 || getegid() == 0;
}

}  // namespace mxban
