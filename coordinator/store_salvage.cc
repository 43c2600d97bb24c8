#include "coordinator/store_salvage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "coordinator/failure_log.h"
#include "coordinator/sqlite.h"
#include "coordinator/sqlite_ban_store.h"
#include "coordinator/store_rows.h"
#include "coordinator/store_schema.h"

namespace mxban {
namespace {

// Damage can make a table look endless.
constexpr uint64_t kMaxRows = 100'000'000;

struct Table {
  const char* name;
  std::string columns;
  std::string types;  // Of the columns: `b`ytes or `i`nteger.
  std::string key;    // The columns in whose order it is stored.
  absl::Status (*check)(const SqliteStatement& row);
};

template <auto read>
absl::Status Check(const SqliteStatement& row) {
  return read(row).status();
}

std::vector<Table> Tables() {
  return {
      {"ban", kBanColumns, "bbb", "jail, source", Check<BanOfRow>},
      {"ban_history", kBanCountColumns, "bbii", "jail, source",
       Check<BanCountOfRow>},
      {"failure", absl::StrCat(kFailureColumns, ", rowid"), "bbibbbi", "rowid",
       Check<FailureOfRow>},
      {"log_progress", kProgressColumns, "bbbii", "server, jail, log_id",
       Check<ProgressOfRow>},
      {"pardon", kPardonColumns, "bbi", "jail, source", Check<PardonOfRow>},
      {"audit", kAuditColumns, "iibb", "id", Check<AuditRecordOfRow>},
      {"right_login", kLoginColumns, "bbbi", "jail, source, user",
       Check<LoginOfRow>},
      {"held_ban", kHeldBanColumns, "bbb", "jail, source", Check<HeldBanOfRow>},
      {"allowed", kAllowedColumns, "bb", "source", Check<AllowedSourceOfRow>},
      {"failure_log", kFailureRowColumns, "iib", "id", CheckFailureRow},
  };
}

class Salvager {
 public:
  Salvager(SqliteDatabase& from, SqliteDatabase& to, absl::Time now)
      : from_(from), to_(to), now_(now) {}

  // Errors are those of `to`.
  absl::StatusOr<SalvagedTable> CarryOver(const Table& table) {
    SalvagedTable outcome;
    outcome.name = table.name;
    ASSIGN_OR_RETURN(outcome.is_whole, Copy(table, " ASC", outcome));
    if (!outcome.is_whole) {
      RETURN_IF_ERROR(Copy(table, " DESC", outcome).status());
    }
    SqliteStatement count =
        to_.Prepare(absl::StrCat("SELECT COUNT(*) FROM ", table.name));
    RETURN_IF_ERROR(count.Step().status());
    outcome.rows = count.Int(0);
    return outcome;
  }

 private:
  // Copies rows until one cannot be read; whether that was behind the last.
  absl::StatusOr<bool> Copy(const Table& table, const char* direction,
                            SalvagedTable& outcome) {
    SqliteStatement rows = Select(table, direction);
    // One of a later version than the store is not missing.
    if (absl::StrContains(rows.status().message(), "no such table"))
      return true;
    SqliteStatement insert = to_.Prepare(absl::StrCat(
        "INSERT OR IGNORE INTO ", table.name, " (", table.columns, ") VALUES (",
        absl::StrJoin(std::vector<std::string>(table.types.size(), "?"), ","),
        ")"));
    for (uint64_t i = 0; i < kMaxRows; ++i) {
      const absl::StatusOr<bool> is_row = rows.Step();
      if (!is_row.ok()) return false;
      if (!*is_row) return true;
      if (!table.check(rows).ok()) {
        ++outcome.spoilt_rows;
        continue;
      }
      RETURN_IF_ERROR(Insert(rows, table.types, insert));
    }
    return false;
  }

  SqliteStatement Select(const Table& table, const char* direction) {
    const std::string order =
        absl::StrJoin(absl::StrSplit(table.key, ", "), ", ",
                      [&](std::string* text, absl::string_view column) {
                        absl::StrAppend(text, column, direction);
                      });
    const auto select = [&](absl::string_view columns) {
      return from_.Prepare(absl::StrCat("SELECT ", columns, " FROM ",
                                        table.name, " ORDER BY ", order));
    };
    const auto is_lacking = [](const SqliteStatement& rows) {
      return absl::StrContains(rows.status().message(), "no such column");
    };
    SqliteStatement rows = select(table.columns);
    if (!is_lacking(rows)) return rows;
    // Older versions did not know all users that later ones do, ...
    const std::string columns =
        absl::StrReplaceAll(table.columns, {{", user", ", x''"}});
    rows = select(columns);
    if (!is_lacking(rows)) return rows;
    // ... nor date everything.
    return select(absl::StrReplaceAll(
        columns, {{", time", absl::StrCat(", ", absl::ToUnixMicros(now_))}}));
  }

  static absl::Status Insert(const SqliteStatement& row,
                             const std::string& types,
                             SqliteStatement& insert) {
    for (size_t i = 0; i < types.size(); ++i) {
      const int column = static_cast<int>(i);
      if (types[i] == 'i') {
        insert.Bind(row.Int(column));
      } else {
        insert.Bind(row.Blob(column));
      }
    }
    return insert.Run();
  }

  SqliteDatabase& from_;
  SqliteDatabase& to_;
  const absl::Time now_;
};

// What stopped enforcement is no reason to begin again.
absl::Status CarryOverPause(SqliteDatabase& from, SqliteDatabase& to) {
  SqliteStatement pause = from.Prepare(
      absl::StrCat("SELECT ", kPauseColumns, " FROM meta WHERE key = 'pause'"));
  const absl::StatusOr<bool> is_row = pause.Step();
  if (!is_row.ok() || !*is_row || !PauseOfRow(pause).ok()) {
    return absl::OkStatus();
  }
  return to.Prepare("REPLACE INTO meta VALUES ('pause', ?)")
      .Bind(pause.Blob(0))
      .Run();
}

// Makes one log of what is left of a log, or of the table that older versions
// had in its place.
absl::Status JoinFailures(SqliteDatabase& database,
                          std::vector<SalvagedTable>& outcome) {
  FailureLog log(database);
  RETURN_IF_ERROR(log.Rewrite());
  RETURN_IF_ERROR(CarryOverFailures(database, log));
  const SalvagedTable rows = outcome.back();
  outcome.pop_back();
  for (SalvagedTable& table : outcome) {
    if (table.name != "failure") continue;
    table.rows = log.size();
    table.spoilt_rows += rows.spoilt_rows;
    table.is_whole = table.is_whole && rows.is_whole;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SalvagedTable>> CarryOverAll(const std::string& from,
                                                        const std::string& to,
                                                        absl::Time now) {
  ASSIGN_OR_RETURN(const auto old_database, SqliteDatabase::OpenUnsound(from));
  ASSIGN_OR_RETURN(const auto database, SqliteDatabase::Open(to));
  RETURN_IF_ERROR(BringUpToDate(*database));
  RETURN_IF_ERROR(database->Execute("BEGIN"));
  RETURN_IF_ERROR(database->Execute(kFailureTable));
  Salvager salvager(*old_database, *database, now);
  std::vector<SalvagedTable> outcome;
  for (const Table& table : Tables()) {
    ASSIGN_OR_RETURN(SalvagedTable salvaged, salvager.CarryOver(table));
    outcome.push_back(std::move(salvaged));
  }
  RETURN_IF_ERROR(JoinFailures(*database, outcome));
  RETURN_IF_ERROR(CarryOverPause(*old_database, *database));
  RETURN_IF_ERROR(database->Execute("COMMIT"));
  return outcome;
}

// What is told of a ban's spreading goes by its revision.
absl::Status SetRevision(const std::string& path) {
  ASSIGN_OR_RETURN(const auto store, SqliteBanStore::Open(path));
  ASSIGN_OR_RETURN(const StoreContents contents, store->Load());
  StoreChange change;
  change.revision = contents.revision;
  for (const Ban& ban : contents.bans) {
    change.revision = std::max(change.revision, ban.revision);
  }
  return store->Commit(change);
}

}  // namespace

absl::StatusOr<std::vector<SalvagedTable>> SalvageStore(const std::string& from,
                                                        const std::string& to,
                                                        absl::Time now) {
  ASSIGN_OR_RETURN(std::vector<SalvagedTable> tables,
                   CarryOverAll(from, to, now));
  RETURN_IF_ERROR(SetRevision(to));
  return tables;
}

}  // namespace mxban
