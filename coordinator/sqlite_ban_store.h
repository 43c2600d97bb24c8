#ifndef MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_
#define MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_

// BanStore in one SQLite file.
//
// Tables: `meta` (schema version, history id, revision), `ban` (a v1.Ban
// message by jail and source), `failure`, `log_progress`, `ban_history` (how
// often each source was banned, and when three times the length of its last ban
// has gone by). A store of an older version is
// brought up to date when it is opened. Sources are stored as canonical text,
// times as microseconds since 1970.

#include <memory>
#include <string>

#include "coordinator/ban_store.h"
#include "coordinator/sqlite.h"

namespace mxban {

class SqliteBanStore final : public BanStore {
 public:
  // Opens or creates the store. Errors are those of SqliteDatabase::Open();
  // FAILED_PRECONDITION also if a newer version of mxban wrote it.
  static absl::StatusOr<std::unique_ptr<SqliteBanStore>> Open(
      const std::string& path);

  absl::StatusOr<StoreContents> Load() override;
  absl::Status Commit(const StoreChange& change) override;
  absl::StatusOr<std::vector<StoredFailure>> FailuresOf(const BanKey& key,
                                                        size_t limit) override;
  absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) override;

 private:
  explicit SqliteBanStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  absl::Status CreateTables();
  absl::StatusOr<int64_t> SchemaVersion();
  absl::Status Prepare();
  absl::Status CommitFailures(const StoreChange& change);
  absl::Status CommitBans(const StoreChange& change);
  absl::StatusOr<std::vector<StoredFailure>> ReadFailures(
      SqliteStatement& query);

  std::unique_ptr<SqliteDatabase> database_;  // Outlives the statements.
  SqliteStatement set_revision_, forget_, add_failure_, set_progress_, lift_,
      impose_, pardon_, count_ban_, prune_, forget_bans_, failures_of_,
      ban_counts_of_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_
