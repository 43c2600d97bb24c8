#ifndef MXBAN_CTL_FAIL2BAN_DATABASE_H_
#define MXBAN_CTL_FAIL2BAN_DATABASE_H_

// Reads the bans that stand from Fail2Ban's own database.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ctl/listed_ban.h"

namespace mxban::ctl {

// The bans that stand at `now`, by jail and source. The database is opened for
// reading alone, and Fail2Ban may be using it.
//   NOT_FOUND            it cannot be opened
//   FAILED_PRECONDITION  it is not Fail2Ban's, or of one older than 0.11
absl::StatusOr<std::vector<ListedBan>> ReadFail2BanDatabase(
    const std::string& path, absl::Time now);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_FAIL2BAN_DATABASE_H_
