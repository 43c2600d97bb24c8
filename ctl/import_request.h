#ifndef MXBAN_CTL_IMPORT_REQUEST_H_
#define MXBAN_CTL_IMPORT_REQUEST_H_

// What an operator wants imported, and how.

#include <map>
#include <string>

#include "absl/time/time.h"

namespace mxban::ctl {

// Where Fail2Ban keeps its bans unless it is told otherwise (`dbfile`).
inline constexpr char kFail2BanDatabase[] =
    "/var/lib/fail2ban/fail2ban.sqlite3";

struct ImportRequest {
  enum class Kind {
    kList,      // Lines of text.
    kFail2Ban,  // Fail2Ban's database.
    kCrowdSec,  // What `cscli decisions list -o json` prints.
  };
  Kind kind = Kind::kList;
  std::string path;  // `-` is standard input, but for a database.

  // Where the bans of a jail of theirs go; nowhere if that is empty. Those of
  // others go into `jail`, or, if that is empty, the one of the same name.
  std::map<std::string, std::string> jails;
  std::string jail;

  // Of bans that do not say when they end; zero for as long as the jail says.
  absl::Duration duration;
  std::string reason;    // Why, for colleagues.
  bool wide = false;     // Networks wider than /24 or /48 are meant.
  bool dry_run = false;  // Only say what would be done.
};

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_IMPORT_REQUEST_H_
