// On real files, with tables and contents as each version wrote them.

#include "coordinator/store_schema.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};

// What versions 1 to 3 have in common, but for what a later one adds to it.
constexpr char kCommon[] = R"sql(
  CREATE TABLE meta (key BLOB PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE ban (
    jail BLOB, source BLOB, message BLOB,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE TABLE failure (
    jail BLOB, source BLOB, time INTEGER, server BLOB, evidence BLOB);
  CREATE INDEX failure_by_source ON failure (jail, source);
  CREATE INDEX failure_by_time ON failure (time);
  CREATE TABLE log_progress (
    server BLOB, jail BLOB, log_id BLOB, end_offset INTEGER,
    PRIMARY KEY (server, jail, log_id)) WITHOUT ROWID;
  INSERT INTO meta VALUES
    ('history_id', CAST('its own' AS BLOB)), ('revision', 7);
  -- jail: "jail", source: "203.0.113.30", create_time and expire_time in
  -- seconds, origin: COUNTED, failure_count: 3, revision: 6.
  INSERT INTO ban VALUES (CAST('jail' AS BLOB), CAST('203.0.113.30' AS BLOB),
    X'0a046a61696c120c3230332e302e3131332e33301a0608c0d590d806220608c0b692d806280138035806');
  INSERT INTO failure VALUES (CAST('jail' AS BLOB), CAST('203.0.113.31' AS BLOB),
    1795435200000000, CAST('mx1' AS BLOB), CAST('line' AS BLOB));
  INSERT INTO log_progress VALUES (CAST('mx1' AS BLOB), CAST('jail' AS BLOB),
    CAST('log' AS BLOB), 100);
)sql";

constexpr char kVersion1[] = R"sql(
  INSERT INTO meta VALUES ('schema_version', 1);
  CREATE TABLE ban_history (
    jail BLOB, source BLOB, ban_count INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  INSERT INTO ban_history VALUES
    (CAST('jail' AS BLOB), CAST('203.0.113.30' AS BLOB), 3);
)sql";

constexpr char kVersion2[] = R"sql(
  INSERT INTO meta VALUES ('schema_version', 2);
  CREATE TABLE ban_history (
    jail BLOB, source BLOB, ban_count INTEGER, time INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
  CREATE INDEX ban_history_by_source ON ban_history (source);
  CREATE INDEX ban_history_by_time ON ban_history (time);
  INSERT INTO ban_history VALUES
    (CAST('jail' AS BLOB), CAST('203.0.113.30' AS BLOB), 3, 1795435200000000);
)sql";

constexpr char kVersion3[] = R"sql(
  UPDATE meta SET value = 3 WHERE key = 'schema_version';
  ALTER TABLE log_progress ADD COLUMN time INTEGER;
  UPDATE log_progress SET time = 1795435200000000;
  CREATE TABLE pardon (
    jail BLOB, source BLOB, time INTEGER,
    PRIMARY KEY (jail, source)) WITHOUT ROWID;
)sql";

constexpr char kVersion4[] = R"sql(
  UPDATE meta SET value = 4 WHERE key = 'schema_version';
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
)sql";

class StoreSchemaTest : public testing::Test {
 protected:
  StoreSchemaTest()
      : path_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".db") {
    std::filesystem::remove(path_);
  }

  void Write(const std::string& sql) {
    auto database = SqliteDatabase::Open(path_);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_EQ((*database)->Execute(sql.c_str()), absl::OkStatus());
  }

  // Opens the store and expects all that the older ones hold.
  std::unique_ptr<SqliteBanStore> OpenAndExpectEverything() {
    auto store = SqliteBanStore::Open(path_);
    if (!store.ok()) {
      ADD_FAILURE() << store.status();
      return nullptr;
    }
    const auto contents = (*store)->Load();
    EXPECT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(contents->history_id, "its own");
    EXPECT_EQ(contents->revision, 7);
    EXPECT_EQ(contents->bans.size(), 1);
    EXPECT_EQ(contents->bans.at(0).key, kKey);
    EXPECT_EQ(contents->bans.at(0).create_time, kNoon);
    EXPECT_EQ(contents->bans.at(0).revision, 6);
    EXPECT_EQ(contents->failures.size(), 1);
    EXPECT_EQ(contents->failures.at(0).time, kNoon);
    EXPECT_EQ(contents->failures.at(0).evidence, "line");
    EXPECT_EQ(contents->failures.at(0).user, "");
    EXPECT_TRUE(contents->right_logins.empty());
    EXPECT_EQ(contents->progress.size(), 1);
    EXPECT_EQ(contents->progress.at(0).log_id, "log");
    EXPECT_EQ(contents->progress.at(0).offset, 100);
    EXPECT_TRUE(contents->pardons.empty());
    EXPECT_EQ((*store)->BanCountsOf(kKey)->in_jail, 3);
    return *std::move(store);
  }

  const std::string path_;
};

TEST_F(StoreSchemaTest, AStoreOfVersion1IsBroughtUpToDate) {
  Write(absl::StrCat("BEGIN;", kCommon, kVersion1, "COMMIT;"));
  auto store = OpenAndExpectEverything();
  ASSERT_NE(store, nullptr);
  // What version 1 did not date counts as of now.
  StoreChange forget;
  forget.revision = 7;
  forget.retention.emplace().ban_counts = kNoon - absl::Hours(24 * 365);
  forget.retention->progress = kNoon - absl::Hours(24 * 365);
  ASSERT_TRUE(store->Commit(forget).ok());
  store.reset();
  OpenAndExpectEverything();
}

TEST_F(StoreSchemaTest, AStoreOfVersion2IsBroughtUpToDate) {
  Write(absl::StrCat("BEGIN;", kCommon, kVersion2, "COMMIT;"));
  auto store = OpenAndExpectEverything();
  ASSERT_NE(store, nullptr);
  StoreChange forget;
  forget.lifted = {kKey};
  forget.retention.emplace().ban_counts = kNoon + absl::Seconds(1);
  ASSERT_TRUE(store->Commit(forget).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 0) << "it was dated";
}

TEST_F(StoreSchemaTest, AStoreOfVersion3IsBroughtUpToDate) {
  Write(absl::StrCat("BEGIN;", kCommon, kVersion2, kVersion3, "COMMIT;"));
  auto store = OpenAndExpectEverything();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->Load()->progress[0].time, kNoon) << "it was dated";
  // What version 4 adds can be used at once.
  StoreChange change;
  change.failures = {Kept({kKey, kNoon, "mx1", "line", "bob"})};
  change.right_logins = {{kKey, "alice", kNoon}};
  ASSERT_TRUE(store->Commit(change).ok());
  store.reset();
  const auto contents = (*SqliteBanStore::Open(path_))->Load();
  EXPECT_EQ(contents->failures.size(), 2);
  EXPECT_EQ(contents->failures[1].user, "bob");
  EXPECT_EQ(contents->right_logins.at(0).user, "alice");
}

// It had a row for each failure.
TEST_F(StoreSchemaTest, AStoreOfVersion4IsBroughtUpToDate) {
  constexpr char kMany[] = R"sql(
  WITH RECURSIVE number (n) AS
    (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 999)
  INSERT INTO failure SELECT CAST('many' AS BLOB),
    CAST('2001:db8:' || (100 + n % 100) || '::/64' AS BLOB), 1795435200000001 + n,
    CAST('mx' || (n % 3) AS BLOB), CAST('line ' || n AS BLOB),
    CAST('user ' || n AS BLOB) FROM number;
)sql";
  Write(absl::StrCat("BEGIN;", kCommon, kVersion2, kVersion3, kVersion4,
                     "COMMIT;"));
  OpenAndExpectEverything();
  std::filesystem::remove(path_);
  Write(absl::StrCat("BEGIN;", kCommon, kVersion2, kVersion3, kVersion4, kMany,
                     "COMMIT;"));
  auto store = *SqliteBanStore::Open(path_);
  const std::vector<StoredFailure> failures = store->Load()->failures;
  ASSERT_EQ(failures.size(), 1 + 1'000);
  for (int n = 0; n < 1'000; ++n) {
    const StoredFailure& failure = failures[1 + n];
    EXPECT_EQ(failure.key.jail, "many");
    EXPECT_EQ(failure.key.source.ToString(),
              absl::StrCat("2001:db8:", 100 + n % 100, "::/64"));
    EXPECT_EQ(failure.time, kNoon + absl::Microseconds(1 + n));
    EXPECT_EQ(failure.server, absl::StrCat("mx", n % 3));
    EXPECT_EQ(failure.evidence, absl::StrCat("line ", n));
    EXPECT_EQ(failure.user, absl::StrCat("user ", n));
  }
  EXPECT_EQ(store->FailuresOf(failures[7].key, 100)->size(), 10);
}

TEST_F(StoreSchemaTest, AFailureOfVersion4ThatIsNotReadableIsDamage) {
  Write(absl::StrCat("BEGIN;", kCommon, kVersion2, kVersion3, kVersion4,
                     "UPDATE failure SET time = -1; COMMIT;"));
  EXPECT_EQ(SqliteBanStore::Open(path_).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(StoreSchemaTest, ANewStoreHasEveryTable) {
  Write("");
  auto database = SqliteDatabase::Open(path_);
  ASSERT_TRUE(BringUpToDate(**database).ok());
  ASSERT_TRUE(BringUpToDate(**database).ok()) << "and stays as it is";
  SqliteStatement tables = (*database)->Prepare(
      "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema "
      "WHERE type = 'table' ORDER BY name)");
  ASSERT_TRUE(tables.Step().ok());
  EXPECT_EQ(
      tables.Blob(0),
      "allowed audit ban ban_history failure_log held_ban log_progress meta "
      "pardon right_login sqlite_sequence");
}

TEST_F(StoreSchemaTest, ANewerVersionIsRefused) {
  Write(
      absl::StrCat(kCommon, "INSERT INTO meta VALUES ('schema_version', 6);"));
  EXPECT_EQ(SqliteBanStore::Open(path_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(StoreSchemaTest, AStoreWithoutAVersionIsNotSound) {
  Write(kCommon);
  EXPECT_EQ(SqliteBanStore::Open(path_).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mxban
