#ifndef MXBAN_COORDINATOR_STORE_SCHEMA_H_
#define MXBAN_COORDINATOR_STORE_SCHEMA_H_

// The tables of a store, by version.
//
//   meta          schema version, history id, revision; `pause`, a v1.Pause
//   ban           a v1.Ban message by jail and source
//   ban_history   how often a source was banned, and when three times the
//                 length of its last ban has gone by
//   failure_log   those that still count, many in a row (failure_row.h), packed
//   log_progress  how far each log is recorded, and since when
//   pardon        when a source was last pardoned
//   right_login   the newest right login of each user at each source
//   held_ban      a v1.HeldBan message by jail and source
//   allowed       a v1.AllowedSource message by source
//   audit         v1.AuditRecord messages, in the order of their ids
//
// Sources are stored as canonical text, times as microseconds since 1970.
//
// A new store goes through every version, too: what a version means is written
// once.

#include <cstdint>

#include "absl/status/status.h"
#include "coordinator/failure_log.h"
#include "coordinator/sqlite.h"

namespace mxban {

inline constexpr int64_t kSchemaVersion = 5;

// Creates the tables, or brings those of an older version up to date, each
// version in a transaction of its own. FAILED_PRECONDITION if a newer version
// of mxban wrote them, DATA_LOSS if they do not say which did.
absl::Status BringUpToDate(SqliteDatabase& database);

// The table that held a row for each failure up to version 4.
inline constexpr char kFailureTable[] =
    "CREATE TABLE failure (jail BLOB, source BLOB, time INTEGER, server BLOB, "
    "evidence BLOB, user BLOB)";

// Moves what that table holds to `log`, in the caller's transaction.
absl::Status CarryOverFailures(SqliteDatabase& database, FailureLog& log);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORE_SCHEMA_H_
