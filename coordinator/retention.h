#ifndef MXBAN_COORDINATOR_RETENTION_H_
#define MXBAN_COORDINATOR_RETENTION_H_

// How long what the store holds is kept. Pure.
//
//   failures      twice the longest `findtime`: by then none counts
//   positions     as long, at least a day: a failure so old does not count
//                 again; a stamp ahead of the clock is read as now, hence the
//                 day
//   pardons       as long, at least 7 days: what they forgive is told by then
//   right logins  the longest `goodtime` after the oldest failure that is kept:
//                 by then they forgive none
//   bans counted  the longest `dbpurgeage`; see Retention::ban_counts
//   audit records 90 days

#include "absl/time/time.h"
#include "coordinator/ban_table.h"
#include "coordinator/store_records.h"

namespace mxban {

// What may be forgotten at `now` with `jails` in force. Without any jail bans
// stay counted: nobody says for how long.
Retention RetentionAt(absl::Time now, const JailSet& jails);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RETENTION_H_
