#ifndef MXBAN_COORDINATOR_JAIL_CONFIG_H_
#define MXBAN_COORDINATOR_JAIL_CONFIG_H_

// Reads the jails of the fleet from files in Fail2Ban's format.
//
// `jail.conf`, `jail.d/*.conf`, `jail.local` and `jail.d/*.local` in the
// configuration directory are merged, in that order; filters come from
// `filter.d` beside them, and of `fail2ban.conf` only `dbpurgeage` matters. A
// whole copy of /etc/fail2ban will do, but no stock file is needed: a
// `jail.local` and one filter are enough.
//
// Loading is all or nothing, where Fail2Ban starts the jails that it
// understands. A mistake anywhere refuses the whole set, with one line
// `file:line: what` for each mistake, so that the jails in force stay. What
// Fail2Ban knows and mxban leaves out without harm (a mail action, say) is a
// note, never silence, and so is an option that nobody knows, unless it looks
// like a slip of the pen.
//
// Differences, on purpose: a refused packet is answered with a TCP reset unless
// `blocktype` says otherwise, failures are counted exactly where Fail2Ban
// estimates a rate, and IPv6 sources count by network (`ipv6prefix`, ours).

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "coordinator/ignore_list.h"

namespace mxban {

struct JailConfig {
  // The enabled ones, in the order of the files. Each ignores the networks that
  // its `ignoreip` spells out; what names and files come to is not known here.
  std::vector<Jail> jails;
  // By jail: all of `ignoreip`, and the filter as the jail names it.
  std::map<std::string, IgnoreList> ignore_lists;
  std::map<std::string, std::string> filters;
  // One line each, `file:line: [jail] what is not honoured and why`.
  std::vector<std::string> notes;
};

// Reads and checks everything under `config_dir`; every expression is compiled.
//
// Errors:
//   NOT_FOUND         there is no jail file at all.
//   INVALID_ARGUMENT  one line for each mistake.
absl::StatusOr<JailConfig> LoadJails(absl::string_view config_dir);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_CONFIG_H_
