#include "coordinator/store_schema.h"

#include <iterator>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/failure_log.h"
#include "coordinator/store_rows.h"

namespace mxban {
namespace {

// What makes version i + 1 of version i; 0 is an empty file. What is released
// is never changed again.
constexpr const char* kSteps[] = {
    R"sql(
  CREATE TABLE meta (key BLOB PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES
    ('schema_version', 1),
    ('history_id', CAST(lower(hex(randomblob(16))) AS BLOB)),
    ('revision', 0);
  CREATE TABLE ban (
    jail BLOB, source BLOB, message BLOB,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE TABLE ban_history (
    jail BLOB, source BLOB, ban_count INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE TABLE failure (
    jail BLOB, source BLOB, time INTEGER, server BLOB, evidence BLOB);
  CREATE INDEX failure_by_source ON failure (jail, source);
  CREATE INDEX failure_by_time ON failure (time);
  CREATE TABLE log_progress (
    server BLOB, jail BLOB, log_id BLOB, end_offset INTEGER,
    PRIMARY KEY (server, jail, log_id)) WITHOUT ROWID;
)sql",
    // Version 1 did not know when a ban was imposed: all were just now.
    R"sql(
  ALTER TABLE ban_history ADD COLUMN time INTEGER;
  UPDATE ban_history SET time = strftime('%s', 'now') * 1000000;
  CREATE INDEX ban_history_by_source ON ban_history (source);
  CREATE INDEX ban_history_by_time ON ban_history (time);
)sql",
    // Nor did version 2 know when a position was recorded.
    R"sql(
  ALTER TABLE log_progress ADD COLUMN time INTEGER;
  UPDATE log_progress SET time = strftime('%s', 'now') * 1000000;
  CREATE TABLE pardon (
    jail BLOB, source BLOB, time INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
)sql",
    // Nor did version 3 know who had tried to log in, or any operator.
    R"sql(
  ALTER TABLE failure ADD COLUMN user BLOB NOT NULL DEFAULT x'';
  CREATE TABLE right_login (
    jail BLOB, source BLOB, user BLOB, time INTEGER,
    PRIMARY KEY (jail, source, user)) WITHOUT ROWID;
  CREATE INDEX right_login_by_time ON right_login (time);
  CREATE TABLE held_ban (
    jail BLOB, source BLOB, message BLOB,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE TABLE allowed (
    source BLOB PRIMARY KEY, message BLOB) WITHOUT ROWID;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER, source BLOB, message BLOB);
  CREATE INDEX audit_by_time ON audit (time);
  CREATE INDEX audit_by_source ON audit (source);
)sql",
    // Version 4 had a row for each failure; see CarryOverFailures().
    R"sql(
  CREATE TABLE failure_log (id INTEGER PRIMARY KEY, time INTEGER, data BLOB);
)sql"};
static_assert(std::size(kSteps) == kSchemaVersion);

absl::StatusOr<int64_t> VersionOf(SqliteDatabase& database) {
  SqliteStatement is_empty =
      database.Prepare("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)");
  RETURN_IF_ERROR(is_empty.Step().status());
  if (is_empty.Int(0) != 0) return 0;
  SqliteStatement version =
      database.Prepare("SELECT value FROM meta WHERE key = 'schema_version'");
  ASSIGN_OR_RETURN(const bool is_row, version.Step());
  if (!is_row || version.Int(0) < 1) {
    return absl::DataLossError("store: does not say which version wrote it");
  }
  return version.Int(0);
}

absl::Status TakeStep(SqliteDatabase& database, int64_t from_version) {
  RETURN_IF_ERROR(database.Execute("BEGIN"));
  RETURN_IF_ERROR(database.Execute(kSteps[from_version]));
  if (from_version == 4) {
    FailureLog log(database);
    RETURN_IF_ERROR(CarryOverFailures(database, log));
  }
  RETURN_IF_ERROR(
      database.Prepare("UPDATE meta SET value = ? WHERE key = 'schema_version'")
          .Bind(from_version + 1)
          .Run());
  return database.Execute("COMMIT");
}

}  // namespace

absl::Status CarryOverFailures(SqliteDatabase& database, FailureLog& log) {
  RETURN_IF_ERROR(log.status());
  SqliteStatement rows = database.Prepare(
      absl::StrCat("SELECT ", kFailureColumns, " FROM failure ORDER BY rowid"));
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, rows.Step());
    if (!is_row) break;
    ASSIGN_OR_RETURN(const StoredFailure failure, FailureOfRow(rows));
    RETURN_IF_ERROR(log.Add(failure));
  }
  RETURN_IF_ERROR(log.EndRow());
  return database.Execute("DROP TABLE failure");
}

absl::Status BringUpToDate(SqliteDatabase& database) {
  ASSIGN_OR_RETURN(int64_t version, VersionOf(database));
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store: schema version ", version, " was written by a newer mxban"));
  }
  for (; version < kSchemaVersion; ++version) {
    RETURN_IF_ERROR(TakeStep(database, version));
  }
  return absl::OkStatus();
}

}  // namespace mxban
