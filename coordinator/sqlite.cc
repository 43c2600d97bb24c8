#include "coordinator/sqlite.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status_macros.h"
#include "coordinator/write_ahead_log.h"

namespace mxban {
namespace {

// UNAVAILABLE unless the file itself is bad: trying again may help.
absl::Status Error(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const std::string message = absl::StrCat("store: ", sqlite3_errmsg(database));
  if (code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS) {
    return absl::DataLossError(message);
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // What we ask fits the schema, unless that is damaged.
      return absl::DataLossError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::FailedPreconditionError(absl::StrCat(
          message,
          "; another process has it open: a second coordinator, or a tool?"));
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement::SqliteStatement(sqlite3* database, absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    error_ = Error(database);
  }
  statement_.reset(statement);
}

SqliteStatement& SqliteStatement::Bind(int64_t value) {
  if (sqlite3_bind_int64(statement_.get(), next_parameter_++, value) !=
      SQLITE_OK) {
    error_ = absl::InternalError("store: cannot bind a number");
  }
  return *this;
}

SqliteStatement& SqliteStatement::Bind(absl::string_view blob) {
  // An empty view may have no address, which SQLite would read as NULL.
  const char* bytes = blob.empty() ? "" : blob.data();
  if (sqlite3_bind_blob64(statement_.get(), next_parameter_++, bytes,
                          blob.size(), SQLITE_TRANSIENT) != SQLITE_OK) {
    error_ = absl::InternalError("store: cannot bind bytes");
  }
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  next_parameter_ = 1;
  if (statement_ == nullptr) return error_;
  if (!error_.ok()) return std::exchange(error_, absl::OkStatus());
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  absl::Status status;
  if (result != SQLITE_DONE)
    status = Error(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  RETURN_IF_ERROR(status);
  return false;
}

absl::Status SqliteStatement::Run() {
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, Step());
    if (!is_row) return absl::OkStatus();
  }
}

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

absl::string_view SqliteStatement::Blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteDatabase::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::OpenFile(
    const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, nullptr);
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle));
  if (result != SQLITE_OK) return Error(handle);
  // Closing must neither merge a write-ahead log that may be damaged nor
  // delete it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // EXCLUSIVE: a second coordinator on the same files must fail at once.
  RETURN_IF_ERROR(database->Execute("PRAGMA locking_mode = EXCLUSIVE"));
  return database;
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(
    const std::string& path) {
  std::error_code error;
  const bool is_new = !std::filesystem::exists(path, error);
  if (!is_new && std::filesystem::file_size(path, error) == 0 && !error) {
    return absl::DataLossError("store: the file is empty");
  }
  ASSIGN_OR_RETURN(auto database, OpenFile(path, SQLITE_OPEN_CREATE));
  RETURN_IF_ERROR(database->Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY;"
      // What a long turn has made of it is given back afterwards.
      "PRAGMA journal_size_limit = 67108864;"
      "BEGIN EXCLUSIVE; COMMIT;"));
  if (!is_new) RETURN_IF_ERROR(database->Check(path));
  sqlite3_db_config(database->database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                    0, nullptr);
  return database;
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::OpenUnsound(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto database, OpenFile(path, 0));
  // Otherwise SQLite reads nothing of a file that is shorter than it says.
  RETURN_IF_ERROR(database->Execute("PRAGMA writable_schema = ON"));
  return database;
}

absl::Status SqliteDatabase::Check(const std::string& path) {
  // SQLite itself passes over a write-ahead log that it cannot read.
  RETURN_IF_ERROR(CheckWriteAheadLog(path + "-wal"));
  // Not quick_check: an index that does not fit its table would be found only
  // by a commit, and by no later start.
  SqliteStatement check = Prepare("PRAGMA integrity_check(1)");
  ASSIGN_OR_RETURN(const bool is_row, check.Step());
  if (is_row && check.Blob(0) == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "store: ", absl::StrReplaceAll(check.Blob(0), {{"\n", " "}})));
}

absl::Status SqliteDatabase::Execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) !=
      SQLITE_OK) {
    return Error(database_.get());
  }
  return absl::OkStatus();
}

SqliteStatement SqliteDatabase::Prepare(absl::string_view sql) {
  return SqliteStatement(database_.get(), sql);
}

}  // namespace mxban
