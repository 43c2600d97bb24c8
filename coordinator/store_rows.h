#ifndef MXBAN_COORDINATOR_STORE_ROWS_H_
#define MXBAN_COORDINATOR_STORE_ROWS_H_

// The rows of a store as values.
//
// SQLite has no checksum over what a row holds, so each is read as hostile:
// DATA_LOSS for what no mxban has written. The columns are those of the
// constant beside each function, in that order.

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ban.h"
#include "common/status_macros.h"
#include "coordinator/audit_record.h"
#include "coordinator/sqlite.h"
#include "coordinator/store_records.h"

namespace mxban {

inline constexpr char kBanColumns[] = "jail, source, message";
absl::StatusOr<Ban> BanOfRow(const SqliteStatement& row);

// As versions before the fifth kept them; later ones keep failure_log.h's rows.
inline constexpr char kFailureColumns[] =
    "jail, source, time, server, evidence, user";
absl::StatusOr<StoredFailure> FailureOfRow(const SqliteStatement& row);

inline constexpr char kLoginColumns[] = "jail, source, user, time";
absl::StatusOr<StoredLogin> LoginOfRow(const SqliteStatement& row);

inline constexpr char kProgressColumns[] =
    "server, jail, log_id, end_offset, time";
absl::StatusOr<LogProgress> ProgressOfRow(const SqliteStatement& row);

inline constexpr char kPardonColumns[] = "jail, source, time";
absl::StatusOr<Pardon> PardonOfRow(const SqliteStatement& row);

inline constexpr char kHeldBanColumns[] = "jail, source, message";
absl::StatusOr<HeldBan> HeldBanOfRow(const SqliteStatement& row);

inline constexpr char kAllowedColumns[] = "source, message";
absl::StatusOr<AllowedSource> AllowedSourceOfRow(const SqliteStatement& row);

inline constexpr char kPauseColumns[] = "value";
absl::StatusOr<Pause> PauseOfRow(const SqliteStatement& row);

// How often a source was banned. Only a salvage reads it so.
inline constexpr char kBanCountColumns[] = "jail, source, ban_count, time";
absl::StatusOr<BanKey> BanCountOfRow(const SqliteStatement& row);

inline constexpr char kAuditColumns[] = "id, time, source, message";
absl::StatusOr<AuditRecord> AuditRecordOfRow(const SqliteStatement& row);

// All that `query`, with its parameters bound, gives from here on.
template <typename Row>
absl::StatusOr<std::vector<Row>> ReadAll(
    SqliteStatement& query,
    absl::StatusOr<Row> (*read)(const SqliteStatement& row)) {
  std::vector<Row> rows;
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, query.Step());
    if (!is_row) return rows;
    ASSIGN_OR_RETURN(Row row, read(query));
    rows.push_back(std::move(row));
  }
}

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORE_ROWS_H_
