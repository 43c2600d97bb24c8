// On logs that SQLite wrote.

#include "coordinator/write_ahead_log.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "coordinator/sqlite.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

class WriteAheadLogTest : public testing::Test {
 protected:
  WriteAheadLogTest() {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    database_ = *SqliteDatabase::Open(path_);
    Execute("CREATE TABLE t (value)");
  }

  void Execute(const std::string& sql) {
    ASSERT_EQ(database_->Execute(sql.c_str()), absl::OkStatus());
  }

  void Commit(int transactions) {
    for (int i = 0; i < transactions; ++i) {
      Execute("INSERT INTO t VALUES (randomblob(9000))");
    }
  }

  std::string Log() const {
    std::ifstream file(path_ + "-wal", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Whether a log of these bytes is sound.
  absl::Status Check(const std::string& bytes) const {
    std::ofstream(path_ + ".copy", std::ios::binary) << bytes;
    return CheckWriteAheadLog(path_ + ".copy");
  }

  const std::string path_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
  std::unique_ptr<SqliteDatabase> database_;
};

TEST_F(WriteAheadLogTest, WhatSqliteWroteIsSound) {
  Commit(10);
  EXPECT_EQ(Check(Log()), absl::OkStatus());
  EXPECT_EQ(CheckWriteAheadLog(path_ + ".absent"), absl::OkStatus());
  EXPECT_EQ(Check(""), absl::OkStatus());
}

TEST_F(WriteAheadLogTest, ALogThatACrashCutShortIsSound) {
  Commit(10);
  const std::string log = Log();
  for (size_t size = 32; size < log.size(); size += 997) {
    ASSERT_EQ(Check(log.substr(0, size)), absl::OkStatus()) << size;
  }
}

TEST_F(WriteAheadLogTest, ALastTransactionThatIsTornIsSound) {
  Commit(10);
  std::string log = Log();
  log[log.size() - 5000] ^= 1;  // Within the last but one frame.
  EXPECT_EQ(Check(log), absl::OkStatus());
}

TEST_F(WriteAheadLogTest, FramesOfALogBeforeAreNoDamage) {
  Commit(20);
  Execute("PRAGMA wal_checkpoint(RESTART)");
  Commit(3);
  EXPECT_EQ(Check(Log()), absl::OkStatus());
}

TEST_F(WriteAheadLogTest, DamageToWhatWasCommittedIsFound) {
  Commit(10);
  const std::string log = Log();
  // Neither the header nor any frame but those of the last two transactions.
  for (size_t at = 0; at < log.size() * 7 / 10; at += 101) {
    std::string damaged = log;
    damaged[at] ^= 1;
    ASSERT_TRUE(absl::IsDataLoss(Check(damaged))) << at;
  }
}

TEST_F(WriteAheadLogTest, GarbageIsFound) {
  EXPECT_TRUE(absl::IsDataLoss(Check("x")));
  EXPECT_TRUE(absl::IsDataLoss(Check(std::string(100'000, 'x'))));
  EXPECT_TRUE(absl::IsDataLoss(Check(std::string(100'000, '\0'))));
}

}  // namespace
}  // namespace mxban
