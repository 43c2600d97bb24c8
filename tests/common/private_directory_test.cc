// On real files.

#include "common/private_directory.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

namespace mxban {
namespace {

class PrivateDirectoryTest : public testing::Test {
 protected:
  PrivateDirectoryTest() { std::filesystem::remove_all(directory_.path); }

  void Write(const std::string& name, mode_t mode) {
    const std::string path = directory_.path + "/" + name;
    std::ofstream file(path);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }

  mode_t ModeOf(const std::string& name = "") {
    struct stat status = {};
    EXPECT_EQ(stat((directory_.path + "/" + name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }

  const PrivateDirectory directory_ = {
      testing::TempDir() + "/" +
          testing::UnitTest::GetInstance()->current_test_info()->name(),
      {"bans"},
      {"audit"}};
};

TEST_F(PrivateDirectoryTest, ANewOneIsForItsOwnerAlone) {
  PrivateDirectory deep = directory_;
  deep.path += "/a/b/";
  ASSERT_EQ(KeepPrivate(deep), absl::OkStatus());
  EXPECT_EQ(ModeOf("a/b"), 0700);
  EXPECT_EQ(ModeOf("a"), 0755);
}

TEST_F(PrivateDirectoryTest, WhatIsOpenToOthersIsNarrowed) {
  std::filesystem::create_directory(directory_.path);
  Write("bans.db", 0644);
  Write("bans.db-wal", 0666);
  Write("bans.db.corrupt-20261126T120000Z", 0400);
  Write("audit.jsonl", 0640);
  ASSERT_EQ(chmod(directory_.path.c_str(), 0755), 0);
  ASSERT_EQ(KeepPrivate(directory_), absl::OkStatus());
  EXPECT_EQ(ModeOf(), 0700);
  EXPECT_EQ(ModeOf("bans.db"), 0600);
  EXPECT_EQ(ModeOf("bans.db-wal"), 0600);
  EXPECT_EQ(ModeOf("bans.db.corrupt-20261126T120000Z"), 0400);
  EXPECT_EQ(ModeOf("audit.jsonl"), 0640) << "an operator's to choose";
}

TEST_F(PrivateDirectoryTest, WhatBelongsToOthersStaysAsItIs) {
  std::filesystem::create_directory(directory_.path);
  Write("bans.db", 0644);
  Write("passwd", 0644);
  ASSERT_EQ(chmod(directory_.path.c_str(), 0755), 0);
  ASSERT_EQ(KeepPrivate(directory_), absl::OkStatus());
  EXPECT_EQ(ModeOf(), 0755);
  EXPECT_EQ(ModeOf("passwd"), 0644);
  EXPECT_EQ(ModeOf("bans.db"), 0600);
}

TEST_F(PrivateDirectoryTest, NoLinkIsFollowed) {
  std::filesystem::create_directory(directory_.path);
  Write("passwd", 0644);
  std::filesystem::create_symlink("passwd", directory_.path + "/bans.db");
  ASSERT_EQ(KeepPrivate(directory_), absl::OkStatus());
  EXPECT_EQ(ModeOf("passwd"), 0644);
}

TEST_F(PrivateDirectoryTest, WhatCannotBeMadeIsSaid) {
  PrivateDirectory nowhere = directory_;
  nowhere.path = "/proc/nowhere";
  const absl::Status status = KeepPrivate(nowhere);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_TRUE(status.message().find("/proc/nowhere") != std::string::npos);
}

}  // namespace
}  // namespace mxban
