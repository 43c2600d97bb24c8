#ifndef MXBAN_COORDINATOR_SQLITE_H_
#define MXBAN_COORDINATOR_SQLITE_H_

// A thin, typed skin over SQLite, the only module that names it.
//
// Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mxban {

// A prepared statement. Bind the parameters in order, then Step() through the
// rows or Run() to the end; both make it ready for the next binding.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(sqlite3* database, absl::string_view sql);

  // Binds the next parameter.
  SqliteStatement& Bind(int64_t value);
  SqliteStatement& Bind(absl::string_view blob);

  // Whether the statement could be prepared.
  absl::Status status() const { return error_; }

  // Moves to the next row; false at the end.
  absl::StatusOr<bool> Step();
  absl::Status Run();

  // Columns of the current row, from 0. Views are valid until the next Step().
  int64_t Int(int column) const;
  absl::string_view Blob(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  absl::Status error_;  // Of preparing, or of binding until Step() tells it.
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_parameter_ = 1;
};

class SqliteDatabase {
 public:
  // Opens or creates the file, with a write-ahead log and a sync to disk at
  // every commit, and checks all of it: about a second for 100 MB, more if the
  // disk is slower. FAILED_PRECONDITION if another process has it open,
  // DATA_LOSS if it is not a sound database; then its files stay as they are.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(
      const std::string& path);

  // Opens a file that is not sound, to read what can be read. It is not
  // changed, nor is its write-ahead log.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenUnsound(
      const std::string& path);

  absl::Status Execute(const char* sql);
  SqliteStatement Prepare(absl::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  explicit SqliteDatabase(sqlite3* database) : database_(database) {}

  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenFile(
      const std::string& path, int flags);
  absl::Status Check(const std::string& path);

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SQLITE_H_
