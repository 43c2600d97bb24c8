#include "common/small_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

class SmallFileTest : public testing::Test {
 protected:
  SmallFileTest() { std::filesystem::create_directories(folder_); }
  ~SmallFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& contents) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << contents;
    return path;
  }

  const std::string folder_ = testing::TempDir() + "/small_file_test";
};

TEST_F(SmallFileTest, IsReadAsAWhole) {
  EXPECT_EQ(*ReadSmallFile(Write("a", std::string(100'000, 'x'))),
            std::string(100'000, 'x'));
}

TEST_F(SmallFileTest, WhatIsNotThereEmptyOrHugeIsNamed) {
  EXPECT_EQ(ReadSmallFile("/no/file").status().message(),
            "cannot read '/no/file': No such file or directory");
  EXPECT_EQ(ReadSmallFile("/dev/null").status().message(),
            "'/dev/null' is empty");
  EXPECT_EQ(ReadSmallFile("/dev/zero").status().message(),
            "'/dev/zero' is too large");
}

TEST_F(SmallFileTest, AFoldersFilesAreReadInOrder) {
  Write("b", "2");
  Write("a", "1");
  Write(".hidden", "3");
  EXPECT_THAT(*ReadSmallFiles(folder_), ElementsAre("1", "2"));
  EXPECT_THAT(*ReadSmallFiles(folder_ + "/a"), ElementsAre("1"));
  EXPECT_FALSE(ReadSmallFiles(folder_ + "/none").ok());
}

TEST_F(SmallFileTest, OthersMayNotReadASecret) {
  const std::string path = Write("key", "secret");
  chmod(path.c_str(), 0600);
  EXPECT_TRUE(CheckOnlyOwnerReads(path).ok());
  for (const mode_t mode : {0640, 0604, 0620}) {
    chmod(path.c_str(), mode);
    EXPECT_FALSE(CheckOnlyOwnerReads(path).ok()) << mode;
  }
}

}  // namespace
}  // namespace mxban
