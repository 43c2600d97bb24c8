// On real files, damaged for good.

#include "coordinator/store_salvage.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "coordinator/sqlite.h"
#include "tests/coordinator/damaged_store.h"

namespace mxban {
namespace {

constexpr uint32_t kRows = 2'000;
constexpr size_t kPage = 4096;
constexpr uint64_t kTables = 9;

class StoreSalvageTest : public testing::Test {
 protected:
  StoreSalvageTest() {
    WriteStore(from_, kRows);
    std::filesystem::remove(to_);
  }

  std::vector<SalvagedTable> Salvage() {
    auto tables = SalvageStore(from_, to_, kWritten);
    EXPECT_TRUE(tables.ok()) << tables.status();
    return *std::move(tables);
  }

  uint64_t PagesOf(const std::string& path) const {
    return std::filesystem::file_size(path) / kPage;
  }

  const std::string from_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
  const std::string to_ = from_ + ".new";
};

TEST_F(StoreSalvageTest, ASoundStoreIsCarriedOverWhole) {
  for (const SalvagedTable& table : Salvage()) {
    EXPECT_EQ(table.rows, kRows) << table.name;
    EXPECT_EQ(table.spoilt_rows, 0) << table.name;
    EXPECT_TRUE(table.is_whole) << table.name;
  }
  const auto before = (*SqliteBanStore::Open(from_))->Load();
  auto store = *SqliteBanStore::Open(to_);
  const auto after = store->Load();
  EXPECT_NE(after->history_id, before->history_id);
  EXPECT_EQ(after->revision, 7);
  EXPECT_EQ(after->bans.size(), kRows);
  EXPECT_EQ(after->bans.back().expire_time, before->bans.back().expire_time);
  EXPECT_EQ(after->failures.size(), kRows);
  EXPECT_EQ(after->failures.back().evidence, before->failures.back().evidence);
  EXPECT_EQ(after->failures.back().user, "bob");
  EXPECT_EQ(after->right_logins.size(), kRows);
  EXPECT_EQ(after->right_logins.back().user, "alice");
  EXPECT_EQ(after->right_logins.back().time, kWritten);
  EXPECT_EQ(after->progress.back().offset, before->progress.back().offset);
  EXPECT_EQ(after->pardons.back().time, before->pardons.back().time);
  EXPECT_EQ(after->held.back().ban.key, before->held.back().ban.key);
  EXPECT_EQ(after->rails.allowed, before->rails.allowed);
  EXPECT_EQ(after->rails.pause, before->rails.pause);
  EXPECT_TRUE(after->rails.pause.has_value());
  EXPECT_EQ(store->BanCountsOf(NumberedKey(1))->in_jail, 1);
  EXPECT_EQ(store->AuditAfter(0, kRows)->back().id, kRows);
  EXPECT_EQ(store->AuditAfter(0, kRows)->back().source,
            NumberedKey(kRows - 1).source.ToString());
}

// Whatever page it is: no more is lost than lies on it, but for page 1, which
// says where everything is, and pages that say so of a table.
TEST_F(StoreSalvageTest, APageCostsItsRows) {
  const std::string original = from_ + ".original";
  std::filesystem::copy_file(from_, original,
                             std::filesystem::copy_options::overwrite_existing);
  const uint64_t pages = PagesOf(original);
  uint64_t slight_losses = 0, tried = 0;
  for (uint64_t page = 1; page < pages; page += 13) {
    std::filesystem::copy_file(
        original, from_, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove(to_);
    Damage(from_, page * kPage, kPage);
    uint64_t rows = 0;
    for (const SalvagedTable& table : Salvage()) rows += table.rows;
    ++tried;
    slight_losses += rows + 200 >= kTables * kRows ? 1 : 0;
    ASSERT_GE(rows, (kTables - 1) * kRows)
        << "page " << page << " cost more than a table";
  }
  EXPECT_GE(slight_losses * 100, tried * 85) << "of " << tried;
}

TEST_F(StoreSalvageTest, ATruncatedFileKeepsItsBeginning) {
  std::filesystem::resize_file(from_, PagesOf(from_) / 2 * kPage);
  uint64_t rows = 0;
  for (const SalvagedTable& table : Salvage()) rows += table.rows;
  EXPECT_GT(rows, kRows);
  EXPECT_LT(rows, kTables * kRows);
}

TEST_F(StoreSalvageTest, SpoiltRowsAreLeftBehind) {
  {
    auto database = *SqliteDatabase::Open(from_);
    ASSERT_EQ(
        database->Execute(
            "UPDATE ban SET message = X'ff' WHERE source IN (SELECT source "
            "FROM ban LIMIT 3);"
            "UPDATE failure_log SET data = X'00' WHERE id = 2;"
            "UPDATE audit SET message = X'ff' WHERE id = 4;"
            "UPDATE log_progress SET end_offset = -1 WHERE log_id = "
            "CAST('log7' AS BLOB)"),
        absl::OkStatus());
  }
  const std::vector<SalvagedTable> tables = Salvage();
  EXPECT_EQ(tables[0].name, "ban");
  EXPECT_EQ(tables[0].rows, kRows - 3);
  EXPECT_EQ(tables[0].spoilt_rows, 3);
  EXPECT_TRUE(tables[0].is_whole);
  EXPECT_EQ(tables[2].name, "failure");
  EXPECT_EQ(tables[2].spoilt_rows, 1) << "which held many";
  EXPECT_GT(tables[2].rows, kRows / 2);
  EXPECT_LT(tables[2].rows, kRows);
  EXPECT_EQ(tables[3].spoilt_rows, 1);
  EXPECT_EQ(tables[5].name, "audit");
  EXPECT_EQ(tables[5].spoilt_rows, 1);
}

// Each is found from the one behind it, so they must not be left as they were.
TEST_F(StoreSalvageTest, WhatIsLeftOfASourceIsFound) {
  const BanKey key = NumberedKey(0);
  {
    auto store = *SqliteBanStore::Open(from_);
    for (int second = 0; second < 100; ++second) {
      StoreChange change;
      change.failures = {
          Kept({key, kWritten + absl::Seconds(second), "mx1", "line"})};
      ASSERT_EQ(store->Commit(change), absl::OkStatus());
    }
  }
  {
    auto database = *SqliteDatabase::Open(from_);
    ASSERT_EQ(
        database->Execute("UPDATE failure_log SET data = X'00' WHERE id = "
                          "(SELECT MAX(id) - 50 FROM failure_log)"),
        absl::OkStatus());
  }
  EXPECT_EQ(Salvage()[2].rows, kRows + 99);
  EXPECT_EQ((*SqliteBanStore::Open(to_))->FailuresOf(key, 1'000)->size(), 99);
}

TEST_F(StoreSalvageTest, AFileWithoutAHeaderGivesNothing) {
  Damage(from_, 0, 100);
  for (const SalvagedTable& table : Salvage()) {
    EXPECT_EQ(table.rows, 0) << table.name;
    EXPECT_FALSE(table.is_whole) << table.name;
  }
  EXPECT_TRUE((*SqliteBanStore::Open(to_))->Load().ok());
}

TEST_F(StoreSalvageTest, AnOlderVersionIsCarriedOver) {
  {
    auto database = *SqliteDatabase::Open(from_);
    ASSERT_EQ(database->Execute(
                  "DROP TABLE pardon; DROP TABLE audit; DROP TABLE held_ban;"
                  "DROP TABLE allowed;"
                  "ALTER TABLE log_progress DROP COLUMN time;"
                  "UPDATE meta SET value = 2 WHERE key = 'schema_version'"),
              absl::OkStatus());
  }
  const std::vector<SalvagedTable> tables = Salvage();
  EXPECT_EQ(tables[3].rows, kRows);
  EXPECT_TRUE(tables[3].is_whole);
  EXPECT_EQ(tables[4].rows, 0);
  EXPECT_TRUE(tables[4].is_whole) << "it had none";
  EXPECT_EQ((*SqliteBanStore::Open(to_))->Load()->progress[0].time, kWritten);
}

TEST_F(StoreSalvageTest, FailuresOfAnOlderVersionKeepTheirTimes) {
  {
    auto database = *SqliteDatabase::Open(from_);
    ASSERT_EQ(database->Execute(
                  "DROP TABLE right_login; DROP TABLE failure_log;"
                  "CREATE TABLE failure (jail BLOB, source BLOB, time INTEGER,"
                  "  server BLOB, evidence BLOB);"
                  "INSERT INTO failure SELECT jail, source, "
                  "  1795435200000000, CAST('mx1' AS BLOB), "
                  "  CAST('line' AS BLOB) FROM ban;"
                  "UPDATE failure SET source = X'00' WHERE rowid <= 2;"
                  "UPDATE meta SET value = 3 WHERE key = 'schema_version'"),
              absl::OkStatus());
  }
  const auto tables =
      SalvageStore(from_, to_, kWritten + absl::Hours(24 * 365));
  ASSERT_TRUE(tables.ok()) << tables.status();
  EXPECT_EQ(tables->at(2).rows, kRows - 2);
  EXPECT_EQ(tables->at(2).spoilt_rows, 2);
  const auto logins = std::find_if(
      tables->begin(), tables->end(),
      [](const auto& table) { return table.name == "right_login"; });
  ASSERT_NE(logins, tables->end());
  EXPECT_EQ(logins->rows, 0);
  EXPECT_TRUE(logins->is_whole) << "it had none";
  const auto contents = (*SqliteBanStore::Open(to_))->Load();
  EXPECT_EQ(contents->failures.at(0).time, kWritten);
  EXPECT_EQ(contents->failures.at(0).user, "");
  EXPECT_EQ(contents->progress.at(0).time, kWritten);
}

}  // namespace
}  // namespace mxban
