#ifndef MXBAN_COORDINATOR_JAIL_CONFIG_H_
#define MXBAN_COORDINATOR_JAIL_CONFIG_H_

// Reads the jails of the fleet from files in Fail2Ban's format.
//
// `jail.conf`, `jail.d/*.conf`, `jail.local` and `jail.d/*.local` in the
// configuration directory are merged, in that order; filters come from
// `filter.d` beside them. No stock file is needed: a `jail.local` and one
// filter are enough.
//
// Loading is all or nothing. A mistake anywhere refuses the whole set, with one
// line `file:line: what` for each mistake, so that the jails in force stay.
// What Fail2Ban knows and mxban leaves out without harm (a mail action, say) is
// a note, never silence.
//
// Differences, on purpose: a refused packet is answered with a TCP reset unless
// `blocktype` says otherwise, one unknown option is an error rather than
// nothing, and IPv6 sources count by network (`ipv6prefix`, ours).

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"

namespace mxban {

struct JailConfig {
  std::vector<Jail> jails;  // The enabled ones, in the order of the files.
  // One line each, `file:line: [jail] what is not honoured and why`.
  std::vector<std::string> notes;
};

// Reads and checks everything under `config_dir`; every expression is compiled.
//
// Errors:
//   NOT_FOUND         there is no jail file at all.
//   INVALID_ARGUMENT  one line for each mistake.
absl::StatusOr<JailConfig> LoadJails(absl::string_view config_dir);

// What every jail became, and the notes: the text of `--check_config`.
std::string DescribeJails(const JailConfig& config);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_CONFIG_H_
