#ifndef MXBAN_COORDINATOR_BAN_HISTORY_H_
#define MXBAN_COORDINATOR_BAN_HISTORY_H_

// Tells what the fleet's records say of a new ban.

#include "absl/status/status.h"
#include "common/ban.h"
#include "coordinator/ban_store.h"
#include "coordinator/right_logins.h"
#include "coordinator/turn.h"

namespace mxban {

// Fills in how often the source of `ban` was banned before and, if it was
// counted, which servers saw its failures and what their logs said: as `store`
// has it, with what `turn` is about to add, without what `right_logins`
// forgive. Errors are those of the store.
absl::Status AddHistory(BanStore& store, Turn& turn,
                        const RightLogins& right_logins, Ban& ban);

// Fills in how often it was banned before, and nothing else.
absl::Status AddBanCount(BanStore& store, const Turn& turn, Ban& ban);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_HISTORY_H_
