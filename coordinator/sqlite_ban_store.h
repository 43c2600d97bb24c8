#ifndef MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_
#define MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_

// BanStore in one SQLite file; its tables are those of store_schema.h. A store
// of an older version is brought up to date when it is opened.

#include <memory>
#include <optional>
#include <string>

#include "coordinator/audit_table.h"
#include "coordinator/ban_store.h"
#include "coordinator/failure_log.h"
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
  absl::StatusOr<std::vector<AuditRecord>> AuditPage(
      const AuditQuery& query) override;
  absl::StatusOr<std::vector<AuditRecord>> AuditAfter(uint64_t id,
                                                      size_t limit) override;

 private:
  explicit SqliteBanStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)),
        audit_(*database_),
        failures_(*database_) {}

  absl::Status Prepare();
  absl::Status CommitProgress(const StoreChange& change);
  absl::Status CommitLogins(const StoreChange& change);
  absl::Status CommitEnds(const StoreChange& change);
  absl::Status CommitBans(const StoreChange& change);
  absl::Status CommitHeld(const StoreChange& change);
  absl::Status CommitRails(const StoreChange& change);
  absl::Status Forget(const Retention& retention);

  std::unique_ptr<SqliteDatabase> database_;  // Outlives the statements.
  SqliteStatement begin_, commit_, set_revision_, set_progress_, lift_, impose_,
      forget_counts_, pardon_, count_ban_, prune_progress_, prune_pardons_,
      prune_logins_, prune_counts_, ban_counts_of_, add_login_, forget_logins_,
      hold_, drop_held_, allow_, disallow_, pause_, resume_;
  AuditTable audit_;
  FailureLog failures_;
  std::optional<uint64_t> revision_;  // As stored, once that is known.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SQLITE_BAN_STORE_H_
