// On a real file, behind a store that is a vector.

#include "coordinator/audit_log.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }

  void Record(size_t count) {
    absl::MutexLock lock(&mutex_);
    for (size_t i = 0; i < count; ++i) {
      AuditRecord record = {.time = absl::FromUnixSeconds(1'795'435'200),
                            .who = "ann",
                            .action = "ban"};
      record.id = records_.size() + 1;
      records_.push_back(std::move(record));
    }
  }

  absl::StatusOr<std::vector<AuditRecord>> After(uint64_t id, size_t limit) {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    const size_t end = std::min<size_t>(id + limit, records_.size());
    if (id >= end) return std::vector<AuditRecord>();
    return std::vector<AuditRecord>(records_.begin() + id,
                                    records_.begin() + end);
  }

  absl::StatusOr<std::unique_ptr<AuditLog>> Start(
      const std::string& history_id = "4f2a") {
    return AuditLog::Start(
        path_, history_id,
        [this](uint64_t id, size_t limit) { return After(id, limit); });
  }

  // All that the store holds, as `history_id` has it.
  std::string Expected(const std::string& history_id = "4f2a") {
    std::string text;
    for (const AuditRecord& record : records_) {
      absl::StrAppend(&text, AuditLine(history_id, record), "\n");
    }
    return text;
  }

  std::string Text() const {
    std::ifstream file(path_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::string directory_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = directory_ + "/audit.jsonl";
  absl::Mutex mutex_;
  std::vector<AuditRecord> records_;
  int asked_ = 0;  // How often for records.
};

TEST_F(AuditLogTest, WritesWhatItFindsAndWhatComes) {
  Record(2'500);
  auto log = *Start();
  Record(1);
  log->Wake();
  log.reset();
  EXPECT_EQ(Text(), Expected());
}

TEST_F(AuditLogTest, ARestartGoesOnWhereTheFileEnds) {
  Record(2);
  (*Start()).reset();
  std::ofstream(path_, std::ios::app) << "{\"history\":\"4f";
  Record(2);
  (*Start()).reset();
  EXPECT_EQ(Text(), Expected());
}

TEST_F(AuditLogTest, AnotherHistoryBeginsAnew) {
  Record(2);
  (*Start()).reset();
  const std::string before = Text();
  (*Start("beef")).reset();
  EXPECT_EQ(Text(), before + Expected("beef"));
}

TEST_F(AuditLogTest, AFullDiskIsCaughtUpWithLater) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t before = limit.rlim_cur;
  Record(2);
  limit.rlim_cur = Expected().size();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  Record(2);
  auto log = *Start();
  {
    // Whoever asks again has failed before.
    absl::MutexLock lock(&mutex_);
    const auto asked_again = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return asked_ >= 3;
    };
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&asked_again),
                                        absl::Seconds(20)));
  }
  limit.rlim_cur = before;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  log.reset();
  EXPECT_EQ(Text(), Expected());
}

TEST_F(AuditLogTest, WhatCannotBeAnAuditLogIsRefused) {
  std::filesystem::create_symlink("/dev/full", path_);
  EXPECT_TRUE(absl::IsInvalidArgument(Start().status()));
}

TEST_F(AuditLogTest, AStoreThatDoesNotAnswerIsNoReasonToHang) {
  auto log = *AuditLog::Start(path_, "4f2a", [](uint64_t, size_t) {
    return absl::UnavailableError("the coordinator is stopping");
  });
  log.reset();
  EXPECT_EQ(Text(), "");
}

}  // namespace
}  // namespace mxban
