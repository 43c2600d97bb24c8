#include "coordinator/sqlite_ban_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "coordinator/rail_convert.h"
#include "coordinator/store_rows.h"
#include "coordinator/store_schema.h"

namespace mxban {
namespace {

// Then a ban begins to be forgotten: a long one is remembered for long. Never,
// if it is for ever.
absl::Time RememberedUntil(const Ban& ban) {
  return ban.create_time + 3 * (ban.expire_time - ban.create_time);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteBanStore>> SqliteBanStore::Open(
    const std::string& path) {
  ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(path));
  RETURN_IF_ERROR(BringUpToDate(*database));
  std::unique_ptr<SqliteBanStore> store(
      new SqliteBanStore(std::move(database)));
  RETURN_IF_ERROR(store->Prepare());
  RETURN_IF_ERROR(store->audit_.status());
  RETURN_IF_ERROR(store->failures_.status());
  return store;
}

absl::Status SqliteBanStore::Prepare() {
  const std::pair<SqliteStatement&, const char*> statements[] = {
      {begin_, "BEGIN IMMEDIATE"},
      {commit_, "COMMIT"},
      {set_revision_, "UPDATE meta SET value = ? WHERE key = 'revision'"},
      {add_login_,
       "INSERT INTO right_login (jail, source, user, time) VALUES (?, ?, ?, ?) "
       "ON CONFLICT (jail, source, user) DO UPDATE SET time = excluded.time "
       "WHERE excluded.time > time"},
      {forget_logins_, "DELETE FROM right_login WHERE time <= ? AND jail = ?"},
      {set_progress_, "REPLACE INTO log_progress VALUES (?, ?, ?, ?, ?)"},
      {lift_, "DELETE FROM ban WHERE jail = ? AND source = ?"},
      {impose_, "REPLACE INTO ban VALUES (?, ?, ?)"},
      {forget_counts_, "DELETE FROM ban_history WHERE jail = ? AND source = ?"},
      {pardon_, "REPLACE INTO pardon VALUES (?, ?, ?)"},
      {count_ban_, "REPLACE INTO ban_history VALUES (?, ?, ?, ?)"},
      {prune_progress_, "DELETE FROM log_progress WHERE time < ?"},
      {prune_pardons_, "DELETE FROM pardon WHERE time < ?"},
      {prune_logins_, "DELETE FROM right_login WHERE time < ?"},
      {prune_counts_,
       "DELETE FROM ban_history WHERE time < ? AND NOT EXISTS (SELECT 1 FROM "
       "ban WHERE jail = ban_history.jail AND source = ban_history.source)"},
      {ban_counts_of_,
       "SELECT SUM(CASE WHEN jail = ? THEN ban_count END), SUM(ban_count) "
       "FROM ban_history WHERE source = ?"},
      {hold_, "REPLACE INTO held_ban VALUES (?, ?, ?)"},
      {drop_held_, "DELETE FROM held_ban WHERE jail = ? AND source = ?"},
      {allow_, "REPLACE INTO allowed VALUES (?, ?)"},
      {disallow_, "DELETE FROM allowed WHERE source = ?"},
      {pause_, "REPLACE INTO meta VALUES ('pause', ?)"},
      {resume_, "DELETE FROM meta WHERE key = 'pause'"}};
  for (const auto& [statement, sql] : statements) {
    statement = database_->Prepare(sql);
    RETURN_IF_ERROR(statement.status());
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
  const auto query = [this](absl::string_view columns, absl::string_view from) {
    return database_->Prepare(absl::StrCat("SELECT ", columns, " FROM ", from));
  };
  SqliteStatement bans = query(kBanColumns, "ban");
  ASSIGN_OR_RETURN(contents.bans, ReadAll(bans, BanOfRow));
  ASSIGN_OR_RETURN(contents.failures, failures_.Load());
  SqliteStatement logins = query(kLoginColumns, "right_login");
  ASSIGN_OR_RETURN(contents.right_logins, ReadAll(logins, LoginOfRow));
  SqliteStatement progress = query(kProgressColumns, "log_progress");
  ASSIGN_OR_RETURN(contents.progress, ReadAll(progress, ProgressOfRow));
  SqliteStatement pardons = query(kPardonColumns, "pardon");
  ASSIGN_OR_RETURN(contents.pardons, ReadAll(pardons, PardonOfRow));
  SqliteStatement held = query(kHeldBanColumns, "held_ban");
  ASSIGN_OR_RETURN(contents.held, ReadAll(held, HeldBanOfRow));
  SqliteStatement allowed = query(kAllowedColumns, "allowed");
  ASSIGN_OR_RETURN(const std::vector<AllowedSource> sources,
                   ReadAll(allowed, AllowedSourceOfRow));
  for (const AllowedSource& source : sources) {
    contents.rails.allowed.emplace(source.source, source);
  }
  SqliteStatement pause = query(kPauseColumns, "meta WHERE key = 'pause'");
  ASSIGN_OR_RETURN(const std::vector<Pause> pauses, ReadAll(pause, PauseOfRow));
  if (!pauses.empty()) contents.rails.pause = pauses.front();
  return contents;
}

absl::Status SqliteBanStore::Commit(const StoreChange& change) {
  absl::Status status = begin_.Run();
  if (status.ok()) status = failures_.Apply(change);
  if (status.ok()) status = CommitProgress(change);
  if (status.ok()) status = CommitLogins(change);
  if (status.ok()) status = CommitEnds(change);
  if (status.ok()) status = CommitBans(change);
  if (status.ok()) status = CommitHeld(change);
  if (status.ok()) status = CommitRails(change);
  if (status.ok()) status = audit_.Append(change.audit);
  if (status.ok() && change.retention) status = Forget(*change.retention);
  if (status.ok() && change.revision != revision_) {
    status = set_revision_.Bind(static_cast<int64_t>(change.revision)).Run();
  }
  if (status.ok()) status = commit_.Run();
  if (status.ok()) {
    revision_ = change.revision;
    return status;
  }
  // Fails if SQLite has rolled back by itself, which is as good.
  database_->Execute("ROLLBACK").IgnoreError();
  failures_.Doubt();
  return absl::IsDataLoss(status) ? status
                                  : absl::UnavailableError(status.message());
}

absl::Status SqliteBanStore::CommitProgress(const StoreChange& change) {
  for (const LogProgress& progress : change.progress) {
    RETURN_IF_ERROR(set_progress_.Bind(progress.server)
                        .Bind(progress.jail)
                        .Bind(progress.log_id)
                        .Bind(static_cast<int64_t>(progress.offset))
                        .Bind(absl::ToUnixMicros(progress.time))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteBanStore::CommitLogins(const StoreChange& change) {
  for (const StoredLogin& login : change.right_logins) {
    RETURN_IF_ERROR(add_login_.Bind(login.key.jail)
                        .Bind(login.key.source.ToString())
                        .Bind(login.user)
                        .Bind(absl::ToUnixMicros(login.time))
                        .Run());
  }
  for (const ForgottenLogins& forgotten : change.forgotten_logins) {
    RETURN_IF_ERROR(forget_logins_.Bind(absl::ToUnixMicros(forgotten.until))
                        .Bind(forgotten.jail)
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteBanStore::CommitEnds(const StoreChange& change) {
  for (const BanKey& key : change.lifted) {
    RETURN_IF_ERROR(lift_.Bind(key.jail).Bind(key.source.ToString()).Run());
  }
  for (const Pardon& pardon : change.pardoned) {
    const std::string source = pardon.key.source.ToString();
    RETURN_IF_ERROR(forget_counts_.Bind(pardon.key.jail).Bind(source).Run());
    RETURN_IF_ERROR(pardon_.Bind(pardon.key.jail)
                        .Bind(source)
                        .Bind(absl::ToUnixMicros(pardon.time))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteBanStore::CommitBans(const StoreChange& change) {
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
  return absl::OkStatus();
}

absl::Status SqliteBanStore::CommitHeld(const StoreChange& change) {
  for (const BanKey& key : change.not_held) {
    RETURN_IF_ERROR(
        drop_held_.Bind(key.jail).Bind(key.source.ToString()).Run());
  }
  for (const HeldBan& held : change.held) {
    RETURN_IF_ERROR(hold_.Bind(held.ban.key.jail)
                        .Bind(held.ban.key.source.ToString())
                        .Bind(HeldBanToProto(held).SerializeAsString())
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteBanStore::CommitRails(const StoreChange& change) {
  for (const std::string& source : change.disallowed) {
    RETURN_IF_ERROR(disallow_.Bind(source).Run());
  }
  for (const AllowedSource& allowed : change.allowed) {
    RETURN_IF_ERROR(allow_.Bind(allowed.source)
                        .Bind(AllowedSourceToProto(allowed).SerializeAsString())
                        .Run());
  }
  if (!change.pause.has_value()) return absl::OkStatus();
  if (!change.pause->has_value()) return resume_.Run();
  return pause_.Bind(PauseToProto(**change.pause).SerializeAsString()).Run();
}

absl::Status SqliteBanStore::Forget(const Retention& retention) {
  const auto prune = [](SqliteStatement& statement, absl::Time before) {
    return statement.Bind(absl::ToUnixMicros(before)).Run();
  };
  RETURN_IF_ERROR(prune(prune_progress_, retention.progress));
  RETURN_IF_ERROR(prune(prune_pardons_, retention.pardons));
  RETURN_IF_ERROR(prune(prune_logins_, retention.right_logins));
  RETURN_IF_ERROR(prune(prune_counts_, retention.ban_counts));
  return audit_.ForgetBefore(retention.audit);
}

absl::StatusOr<std::vector<StoredFailure>> SqliteBanStore::FailuresOf(
    const BanKey& key, size_t limit) {
  return failures_.Of(key, limit);
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

absl::StatusOr<std::vector<AuditRecord>> SqliteBanStore::AuditPage(
    const AuditQuery& query) {
  return audit_.Page(query);
}

absl::StatusOr<std::vector<AuditRecord>> SqliteBanStore::AuditAfter(
    uint64_t id, size_t limit) {
  return audit_.After(id, limit);
}

}  // namespace mxban
