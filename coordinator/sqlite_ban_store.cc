#include "coordinator/sqlite_ban_store.h"

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr int64_t kSchemaVersion = 2;

constexpr char kMetaTable[] = R"sql(
  CREATE TABLE IF NOT EXISTS meta (
    key BLOB PRIMARY KEY, value) WITHOUT ROWID;
)sql";

// Version 1 did not know when a ban was imposed: for it, all were just now.
constexpr char kFromVersion1[] = R"sql(
  ALTER TABLE ban_history ADD COLUMN time INTEGER;
  UPDATE ban_history SET time = strftime('%s', 'now') * 1000000;
  UPDATE meta SET value = 2 WHERE key = 'schema_version';
)sql";

constexpr char kTables[] = R"sql(
  CREATE TABLE IF NOT EXISTS ban (
    jail BLOB, source BLOB, message BLOB,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ban_history (
    jail BLOB, source BLOB, ban_count INTEGER, time INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ban_history_by_source ON ban_history (source);
  CREATE INDEX IF NOT EXISTS ban_history_by_time ON ban_history (time);
  CREATE TABLE IF NOT EXISTS failure (
    jail BLOB, source BLOB, time INTEGER, server BLOB, evidence BLOB);
  CREATE INDEX IF NOT EXISTS failure_by_source ON failure (jail, source);
  CREATE INDEX IF NOT EXISTS failure_by_time ON failure (time);
  CREATE TABLE IF NOT EXISTS log_progress (
    server BLOB, jail BLOB, log_id BLOB, end_offset INTEGER,
    PRIMARY KEY (server, jail, log_id)) WITHOUT ROWID;
)sql";

// Then a ban begins to be forgotten: a long one is remembered for long. Never,
// if it is for ever.
absl::Time RememberedUntil(const Ban& ban) {
  return ban.create_time + 3 * (ban.expire_time - ban.create_time);
}

std::string RandomHistoryId() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random),
                         absl::Uniform<uint64_t>(random));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteBanStore>> SqliteBanStore::Open(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(path));
  std::unique_ptr<SqliteBanStore> store(
      new SqliteBanStore(std::move(database)));
  RETURN_IF_ERROR(store->CreateTables());
  RETURN_IF_ERROR(store->Prepare());
  return store;
}

absl::Status SqliteBanStore::CreateTables() {
  RETURN_IF_ERROR(database_->Execute("BEGIN"));
  RETURN_IF_ERROR(database_->Execute(kMetaTable));
  RETURN_IF_ERROR(
      database_
          ->Prepare("INSERT OR IGNORE INTO meta VALUES "
                    "('schema_version', ?), ('history_id', ?), ('revision', 0)")
          .Bind(kSchemaVersion)
          .Bind(RandomHistoryId())
          .Run());
  ASSIGN_OR_RETURN(const int64_t version, SchemaVersion());
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store: schema version ", version, " was written by a newer mxban"));
  }
  if (version == 1) RETURN_IF_ERROR(database_->Execute(kFromVersion1));
  RETURN_IF_ERROR(database_->Execute(kTables));
  return database_->Execute("COMMIT");
}

absl::StatusOr<int64_t> SqliteBanStore::SchemaVersion() {
  SqliteStatement version =
      database_->Prepare("SELECT value FROM meta WHERE key = 'schema_version'");
  RETURN_IF_ERROR(version.Step().status());
  return version.Int(0);
}

absl::Status SqliteBanStore::Prepare() {
  const auto prepare = [this](absl::string_view sql) {
    return database_->Prepare(sql);
  };
  set_revision_ = prepare("UPDATE meta SET value = ? WHERE key = 'revision'");
  forget_ = prepare("DELETE FROM failure WHERE jail = ? AND source = ?");
  add_failure_ = prepare("INSERT INTO failure VALUES (?, ?, ?, ?, ?)");
  set_progress_ = prepare("REPLACE INTO log_progress VALUES (?, ?, ?, ?)");
  lift_ = prepare("DELETE FROM ban WHERE jail = ? AND source = ?");
  impose_ = prepare("REPLACE INTO ban VALUES (?, ?, ?)");
  pardon_ = prepare("DELETE FROM ban_history WHERE jail = ? AND source = ?");
  count_ban_ = prepare("REPLACE INTO ban_history VALUES (?, ?, ?, ?)");
  prune_ = prepare("DELETE FROM failure WHERE time < ?");
  forget_bans_ = prepare(
      "DELETE FROM ban_history WHERE time < ? AND NOT EXISTS (SELECT 1 FROM "
      "ban WHERE jail = ban_history.jail AND source = ban_history.source)");
  failures_of_ = prepare(
      "SELECT jail, source, time, server, evidence FROM failure "
      "WHERE jail = ? AND source = ? ORDER BY time DESC LIMIT ?");
  ban_counts_of_ = prepare(
      "SELECT SUM(CASE WHEN jail = ? THEN ban_count END), SUM(ban_count) "
      "FROM ban_history WHERE source = ?");
  for (const SqliteStatement* statement :
       {&set_revision_, &forget_, &add_failure_, &set_progress_, &lift_,
        &impose_, &pardon_, &count_ban_, &prune_, &forget_bans_, &failures_of_,
        &ban_counts_of_}) {
    RETURN_IF_ERROR(statement->status());
  }
  return absl::OkStatus();
}

absl::StatusOr<StoreContents> SqliteBanStore::Load() {
  StoreContents contents;
  SqliteStatement meta = database_->Prepare(
      "SELECT (SELECT value FROM meta WHERE key = 'history_id'),"
      "       (SELECT value FROM meta WHERE key = 'revision')");
  RETURN_IF_ERROR(meta.Step().status());
  contents.history_id = std::string(meta.Blob(0));
  contents.revision = meta.Int(1);

  SqliteStatement bans = database_->Prepare("SELECT message FROM ban");
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, bans.Step());
    if (!is_row) break;
    v1::Ban message;
    if (!message.ParseFromString(std::string(bans.Blob(0)))) {
      return absl::DataLossError("store: a ban is not readable");
    }
    ASSIGN_OR_RETURN(Ban ban, BanFromProto(message));
    contents.bans.push_back(std::move(ban));
  }

  SqliteStatement failures = database_->Prepare(
      "SELECT jail, source, time, server, evidence FROM failure ORDER BY time");
  ASSIGN_OR_RETURN(contents.failures, ReadFailures(failures));

  SqliteStatement progress = database_->Prepare(
      "SELECT server, jail, log_id, end_offset FROM log_progress");
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, progress.Step());
    if (!is_row) break;
    contents.progress.push_back({std::string(progress.Blob(0)),
                                 std::string(progress.Blob(1)),
                                 std::string(progress.Blob(2)),
                                 static_cast<uint64_t>(progress.Int(3))});
  }
  return contents;
}

absl::Status SqliteBanStore::Commit(const StoreChange& change) {
  absl::Status status = database_->Execute("BEGIN IMMEDIATE");
  if (status.ok()) status = CommitFailures(change);
  if (status.ok()) status = CommitBans(change);
  if (status.ok()) {
    status = set_revision_.Bind(static_cast<int64_t>(change.revision)).Run();
  }
  if (status.ok()) status = database_->Execute("COMMIT");
  if (status.ok()) return status;
  // Fails if SQLite has rolled back by itself, which is as good.
  database_->Execute("ROLLBACK").IgnoreError();
  return absl::UnavailableError(status.message());
}

absl::Status SqliteBanStore::CommitFailures(const StoreChange& change) {
  for (const BanKey& key : change.forgotten) {
    RETURN_IF_ERROR(forget_.Bind(key.jail).Bind(key.source.ToString()).Run());
  }
  for (const StoredFailure& failure : change.failures) {
    RETURN_IF_ERROR(add_failure_.Bind(failure.key.jail)
                        .Bind(failure.key.source.ToString())
                        .Bind(absl::ToUnixMicros(failure.time))
                        .Bind(failure.server)
                        .Bind(failure.evidence)
                        .Run());
  }
  for (const LogProgress& progress : change.progress) {
    RETURN_IF_ERROR(set_progress_.Bind(progress.server)
                        .Bind(progress.jail)
                        .Bind(progress.log_id)
                        .Bind(static_cast<int64_t>(progress.offset))
                        .Run());
  }
  if (change.prune_before == absl::InfinitePast()) return absl::OkStatus();
  return prune_.Bind(absl::ToUnixMicros(change.prune_before)).Run();
}

absl::Status SqliteBanStore::CommitBans(const StoreChange& change) {
  for (const BanKey& key : change.lifted) {
    RETURN_IF_ERROR(lift_.Bind(key.jail).Bind(key.source.ToString()).Run());
  }
  for (const BanKey& key : change.pardoned) {
    RETURN_IF_ERROR(pardon_.Bind(key.jail).Bind(key.source.ToString()).Run());
  }
  for (const Ban& ban : change.imposed) {
    const std::string source = ban.key.source.ToString();
    RETURN_IF_ERROR(impose_.Bind(ban.key.jail)
                        .Bind(source)
                        .Bind(BanToProto(ban).SerializeAsString())
                        .Run());
    RETURN_IF_ERROR(count_ban_.Bind(ban.key.jail)
                        .Bind(source)
                        .Bind(int64_t{ban.previous_ban_count} + 1)
                        .Bind(absl::ToUnixMicros(RememberedUntil(ban)))
                        .Run());
  }
  if (change.forget_bans_before == absl::InfinitePast()) {
    return absl::OkStatus();
  }
  return forget_bans_.Bind(absl::ToUnixMicros(change.forget_bans_before)).Run();
}

absl::StatusOr<std::vector<StoredFailure>> SqliteBanStore::FailuresOf(
    const BanKey& key, size_t limit) {
  failures_of_.Bind(key.jail)
      .Bind(key.source.ToString())
      .Bind(static_cast<int64_t>(limit));
  ASSIGN_OR_RETURN(std::vector<StoredFailure> failures,
                   ReadFailures(failures_of_));
  std::reverse(failures.begin(), failures.end());
  return failures;
}

absl::StatusOr<BanCounts> SqliteBanStore::BanCountsOf(const BanKey& key) {
  ban_counts_of_.Bind(key.jail).Bind(key.source.ToString());
  // A sum over nothing is NULL, which reads as 0.
  RETURN_IF_ERROR(ban_counts_of_.Step().status());
  const BanCounts counts = {static_cast<uint32_t>(ban_counts_of_.Int(0)),
                            static_cast<uint32_t>(ban_counts_of_.Int(1))};
  RETURN_IF_ERROR(ban_counts_of_.Run());
  return counts;
}

absl::StatusOr<std::vector<StoredFailure>> SqliteBanStore::ReadFailures(
    SqliteStatement& query) {
  std::vector<StoredFailure> failures;
  while (true) {
    ASSIGN_OR_RETURN(const bool is_row, query.Step());
    if (!is_row) return failures;
    ASSIGN_OR_RETURN(const IpNetwork source, IpNetwork::Parse(query.Blob(1)));
    failures.push_back({{std::string(query.Blob(0)), source},
                        absl::FromUnixMicros(query.Int(2)),
                        std::string(query.Blob(3)),
                        std::string(query.Blob(4))});
  }
}

}  // namespace mxban
