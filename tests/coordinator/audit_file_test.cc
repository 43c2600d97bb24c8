// On real files.

#include "coordinator/audit_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string Line(uint64_t id) {
  AuditRecord record = {.time = absl::FromUnixSeconds(1'795'435'200),
                        .who = "mxban",
                        .action = "ban"};
  record.id = id;
  return AuditLine("4f2a", record);
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class AuditFileTest : public testing::Test {
 protected:
  AuditFileTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }

  // As after a restart.
  absl::Status Reopen() {
    file_.reset();
    file_ = std::make_unique<AuditFile>(path_);
    return file_->Open();
  }

  uint64_t LastId() const { return file_->place() ? file_->place()->id : 0; }

  const std::string directory_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = directory_ + "/audit.jsonl";
  std::unique_ptr<AuditFile> file_;
};

TEST_F(AuditFileTest, ANewFileIsEmptyAndItsOwnersAlone) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  EXPECT_FALSE(file_->place().has_value());
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600);
}

TEST_F(AuditFileTest, AModeThatSomebodyGaveItStays) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  ASSERT_EQ(Reopen(), absl::OkStatus());
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640);
}

TEST_F(AuditFileTest, KnowsHowFarItHasGot) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  ASSERT_EQ(file_->Append({Line(1), Line(2)}), absl::OkStatus());
  EXPECT_EQ(LastId(), 2);
  ASSERT_EQ(Reopen(), absl::OkStatus());
  EXPECT_EQ(LastId(), 2);
  ASSERT_EQ(file_->Append({Line(3)}), absl::OkStatus());
  EXPECT_EQ(Read(path_), Line(1) + "\n" + Line(2) + "\n" + Line(3) + "\n");
}

// Wherever the coordinator or the machine died.
TEST_F(AuditFileTest, ATornEndIsCutOff) {
  const std::string whole = Line(1) + "\n" + Line(2) + "\n";
  const std::string torn = Line(3);
  for (size_t size = 1; size <= torn.size(); ++size) {
    std::ofstream(path_) << whole << torn.substr(0, size);
    ASSERT_EQ(Reopen(), absl::OkStatus());
    EXPECT_EQ(LastId(), 2);
    EXPECT_EQ(Read(path_), whole);
  }
  std::ofstream(path_) << whole << std::string(100, '\0');
  ASSERT_EQ(Reopen(), absl::OkStatus());
  EXPECT_EQ(Read(path_), whole);
}

TEST_F(AuditFileTest, ALongFileIsReadFromItsEnd) {
  {
    std::ofstream file(path_);
    for (uint64_t id = 1; id <= 10'000; ++id) file << Line(id) << "\n";
  }
  ASSERT_EQ(Reopen(), absl::OkStatus());
  EXPECT_EQ(LastId(), 10'000);
}

TEST_F(AuditFileTest, WhatWasRenamedAwayIsOpenedAgain) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  ASSERT_EQ(file_->Append({Line(1)}), absl::OkStatus());
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_EQ(file_->Open(), absl::OkStatus());
  EXPECT_EQ(LastId(), 1) << "the new one goes on where the old one ended";
  ASSERT_EQ(file_->Append({Line(2)}), absl::OkStatus());
  EXPECT_EQ(Read(path_ + ".1"), Line(1) + "\n");
  EXPECT_EQ(Read(path_), Line(2) + "\n");
}

TEST_F(AuditFileTest, ARestartAfterARotationRepeatsNothing) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  ASSERT_EQ(file_->Append({Line(1)}), absl::OkStatus());
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_EQ(file_->Open(), absl::OkStatus());
  // As after kill -9: nothing was closed.
  AuditFile next(path_);
  ASSERT_EQ(next.Open(), absl::OkStatus());
  ASSERT_TRUE(next.place().has_value());
  EXPECT_EQ(next.place()->id, 1);
}

TEST_F(AuditFileTest, AFullDiskTearsNothing) {
  ASSERT_EQ(Reopen(), absl::OkStatus());
  ASSERT_EQ(file_->Append({Line(1)}), absl::OkStatus());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 2 * Line(1).size() + 20;  // The second one fits.
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_TRUE(absl::IsUnavailable(file_->Append({Line(2), Line(3)})));
  EXPECT_EQ(LastId(), 2);
  EXPECT_EQ(Read(path_), Line(1) + "\n" + Line(2) + "\n");
  limit.rlim_cur = before;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(file_->Append({Line(3)}), absl::OkStatus());
  EXPECT_EQ(Read(path_), Line(1) + "\n" + Line(2) + "\n" + Line(3) + "\n");
}

TEST_F(AuditFileTest, WhatIsNoAuditLogIsLeftAlone) {
  for (const std::string& text :
       {std::string("root:x:0:0:root:/root:/bin/bash\n"), std::string("mx1"),
        std::string(100'000, 'x'), Line(1) + "\nmx1"}) {
    std::ofstream(path_) << text;
    EXPECT_TRUE(absl::IsInvalidArgument(Reopen())) << text.substr(0, 10);
    EXPECT_EQ(Read(path_), text);
  }
}

TEST_F(AuditFileTest, WhatIsNoFileIsRefused) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(Reopen()));
  EXPECT_TRUE(absl::IsInvalidArgument(AuditFile("/dev/null").Open()));
  EXPECT_TRUE(absl::IsInvalidArgument(AuditFile("/nowhere/a.jsonl").Open()));
  EXPECT_TRUE(absl::IsInvalidArgument(AuditFile(directory_).Open()));
}

}  // namespace
}  // namespace mxban
