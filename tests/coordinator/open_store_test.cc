// On real files, damaged for good.

#include "coordinator/open_store.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "coordinator/sqlite.h"
#include "gmock/gmock.h"
#include "tests/coordinator/damaged_store.h"

namespace mxban {
namespace {

using testing::HasSubstr;

constexpr uint32_t kRows = 500;
constexpr size_t kPage = 4096;

class OpenStoreTest : public testing::Test {
 protected:
  OpenStoreTest() {
    directory_ = testing::TempDir() + "/" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    path_ = directory_ + "/bans.db";
    aside_ = path_ + ".corrupt-20261123T120000Z";
    WriteStore(path_, kRows);
    history_id_ = (*SqliteBanStore::Open(path_))->Load()->history_id;
  }

  // Opens the damaged store, and expects it to be set aside.
  StoreContents Salvaged() {
    auto opened = OpenStore(path_, kWritten);
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    EXPECT_TRUE(opened->salvage.has_value());
    if (opened->salvage) said_ = opened->salvage->ToString();
    const auto contents = opened->store->Load();
    EXPECT_TRUE(contents.ok()) << contents.status();
    EXPECT_NE(contents->history_id, history_id_);
    EXPECT_TRUE(std::filesystem::exists(aside_));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
    opened->store.reset();
    EXPECT_FALSE(OpenStore(path_, kWritten)->salvage.has_value())
        << "the next start finds a sound one";
    return *contents;
  }

  void Overwrite(size_t offset, const std::string& bytes) {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
    ASSERT_TRUE(file.flush());
  }

  // Commits to the write-ahead log, and leaves it as a death does.
  void LeaveLog() {
    auto store = *SqliteBanStore::Open(path_);
    for (uint64_t revision = 8; revision < 20; ++revision) {
      StoreChange change = NumberedChange(1);
      change.revision = change.imposed[0].revision = revision;
      ASSERT_EQ(store->Commit(change), absl::OkStatus());
    }
    std::filesystem::copy_file(path_ + "-wal", directory_ + "/wal");
    std::filesystem::copy_file(path_, directory_ + "/db");
    store.reset();
    std::filesystem::rename(directory_ + "/db", path_);
    std::filesystem::rename(directory_ + "/wal", path_ + "-wal");
  }

  std::string directory_, path_, aside_, history_id_, said_;
};

TEST_F(OpenStoreTest, ASoundStoreIsOpened) {
  const auto opened = OpenStore(path_, kWritten);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_FALSE(opened->salvage.has_value());
  EXPECT_EQ(opened->store->Load()->history_id, history_id_);
  EXPECT_FALSE(std::filesystem::exists(aside_));
}

TEST_F(OpenStoreTest, AStoreThatIsNotThereIsCreated) {
  std::filesystem::remove(path_);
  // Left by a start that died.
  std::ofstream(path_ + ".unfinished") << "half of a store";
  const auto opened = OpenStore(path_, kWritten);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_FALSE(opened->salvage.has_value());
  EXPECT_TRUE(opened->store->Load()->bans.empty());
  EXPECT_FALSE(std::filesystem::exists(path_ + ".unfinished"));
}

TEST_F(OpenStoreTest, AFileWithoutAHeaderIsSetAside) {
  Damage(path_, 0, 100);
  const auto size = std::filesystem::file_size(path_);
  EXPECT_TRUE(Salvaged().bans.empty());
  EXPECT_EQ(std::filesystem::file_size(aside_), size);
  EXPECT_THAT(said_, HasSubstr("file is not a database; set aside as " +
                               aside_ + "; carried over: ban 0 (more could"));
}

TEST_F(OpenStoreTest, GarbageIsSetAside) {
  std::ofstream(path_) << std::string(100'000, 'x');
  EXPECT_TRUE(Salvaged().bans.empty());
  EXPECT_EQ(std::filesystem::file_size(aside_), 100'000);
}

TEST_F(OpenStoreTest, AnEmptyFileIsNoNewStore) {
  std::filesystem::resize_file(path_, 0);
  EXPECT_TRUE(Salvaged().bans.empty());
  EXPECT_THAT(said_, HasSubstr("the file is empty"));
}

TEST_F(OpenStoreTest, AFormatOfNobodyIsSetAside) {
  Overwrite(44, {"\0\0\0\xf6", 4});
  EXPECT_TRUE(Salvaged().bans.empty());
  EXPECT_THAT(said_, HasSubstr("unsupported file format"));
}

TEST_F(OpenStoreTest, ASchemaThatIsNotOursIsSetAside) {
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  Overwrite(bytes.find("data BLOB"), "datb BLOB");
  EXPECT_EQ(Salvaged().bans.size(), kRows);
  EXPECT_THAT(said_, HasSubstr("no such column: data"));
}

TEST_F(OpenStoreTest, APageInTheMiddleCostsLittle) {
  Damage(path_, std::filesystem::file_size(path_) / kPage / 2 * kPage, kPage);
  const StoreContents contents = Salvaged();
  EXPECT_GT(contents.bans.size() + contents.failures.size() +
                contents.progress.size() + contents.pardons.size(),
            4 * kRows - 200);
  EXPECT_EQ(contents.revision, 7);
}

TEST_F(OpenStoreTest, ATruncatedFileIsSetAside) {
  std::filesystem::resize_file(path_,
                               std::filesystem::file_size(path_) - 3 * kPage);
  Salvaged();
}

TEST_F(OpenStoreTest, ALogThatSqliteCannotReadIsSetAside) {
  LeaveLog();
  Damage(path_ + "-wal", 0, 1000);
  const auto size = std::filesystem::file_size(path_ + "-wal");
  EXPECT_EQ(Salvaged().bans.size(), kRows) << "the rest was sound";
  EXPECT_EQ(std::filesystem::file_size(aside_ + "-wal"), size);
  EXPECT_THAT(said_, HasSubstr("the write-ahead log is damaged"));
}

TEST_F(OpenStoreTest, ALogThatWasLeftByADeathIsRead) {
  LeaveLog();
  const auto opened = OpenStore(path_, kWritten);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_FALSE(opened->salvage.has_value());
  EXPECT_EQ(opened->store->Load()->revision, 19);
}

TEST_F(OpenStoreTest, ADamagedLogIsCarriedOverUpToTheDamage) {
  LeaveLog();
  const auto size = std::filesystem::file_size(path_ + "-wal");
  Damage(path_ + "-wal", size / 2, 10);
  const StoreContents contents = Salvaged();
  EXPECT_GT(contents.revision, 7);
  EXPECT_LT(contents.revision, 19);
}

TEST_F(OpenStoreTest, ARowThatIsNotReadableIsSetAside) {
  {
    auto database = *SqliteDatabase::Open(path_);
    ASSERT_EQ(database->Execute("UPDATE ban SET message = X'ff' WHERE source = "
                                "(SELECT MIN(source) FROM ban)"),
              absl::OkStatus());
  }
  EXPECT_EQ(Salvaged().bans.size(), kRows - 1);
  EXPECT_THAT(said_, HasSubstr("ban 499 (1 spoilt)"));
}

TEST_F(OpenStoreTest, AnIndexThatDoesNotFitIsFound) {
  {
    auto database = *SqliteDatabase::Open(path_);
    ASSERT_EQ(database->Execute(
                  "PRAGMA writable_schema = ON;"
                  "CREATE TABLE empty (jail, source);"
                  "CREATE INDEX other ON empty (jail, source);"
                  "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM "
                  "sqlite_schema WHERE name = 'other') WHERE name = "
                  "'failure_by_source';"
                  "DELETE FROM sqlite_schema WHERE name IN ('empty', 'other')"),
              absl::OkStatus());
  }
  EXPECT_EQ(Salvaged().failures.size(), kRows);
}

TEST_F(OpenStoreTest, AStoreInUseIsKept) {
  auto other = *SqliteBanStore::Open(path_);
  EXPECT_EQ(OpenStore(path_, kWritten).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(aside_));
}

TEST_F(OpenStoreTest, AStoreOfANewerVersionIsKept) {
  {
    auto database = *SqliteDatabase::Open(path_);
    ASSERT_EQ(database->Execute(
                  "UPDATE meta SET value = 1000 WHERE key = 'schema_version'"),
              absl::OkStatus());
  }
  EXPECT_EQ(OpenStore(path_, kWritten).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(aside_));
}

TEST_F(OpenStoreTest, WhatIsSetAsideIsNeverReplaced) {
  std::ofstream(aside_) << "evidence";
  Damage(path_, 0, 100);
  EXPECT_EQ(OpenStore(path_, kWritten).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::filesystem::file_size(aside_), 8);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(OpenStoreTest, ASalvageThatDiedIsBegunAgainOrFinished) {
  const std::string next = path_ + ".new";
  std::ofstream(next) << "half of a store";
  Damage(path_, 0, 100);
  Salvaged();

  // Died when the old one had been moved, but not what belongs to it.
  std::filesystem::rename(path_, next);
  std::filesystem::remove(aside_);
  std::ofstream(path_ + "-wal") << "of the old one";
  const auto opened = OpenStore(path_, kWritten);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->salvage.has_value());
  EXPECT_FALSE(std::filesystem::exists(next));
  EXPECT_EQ(std::filesystem::file_size(aside_ + "-wal"), 14);
}

TEST_F(OpenStoreTest, ASuccessorThatIsNotWholeReplacesNothing) {
  const std::string next = path_ + ".new";
  std::filesystem::rename(path_, next);
  std::ofstream(next + "-wal") << "not merged";
  EXPECT_TRUE(absl::IsUnavailable(OpenStore(path_, kWritten).status()));
  EXPECT_TRUE(std::filesystem::exists(next));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace mxban
