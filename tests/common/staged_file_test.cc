#include "common/staged_file.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string Read(const StagedFile& file) {
  std::ifstream stream(file.path());
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(StagedFileTest, ThePathStaysAndTheContentChangesAsAWhole) {
  StagedFile file;
  ASSERT_TRUE(file.Replace("one").ok());
  const std::string path = file.path();
  EXPECT_EQ(Read(file), "one");
  std::ifstream reader(path);
  ASSERT_TRUE(file.Replace("a longer one").ok());
  EXPECT_EQ(file.path(), path);
  EXPECT_EQ(Read(file), "a longer one");
  // Whoever is reading goes on with what it began.
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "one");
}

TEST(StagedFileTest, EachContentHasAnotherTime) {
  StagedFile file;
  struct stat before, after;
  ASSERT_TRUE(file.Replace("one").ok());
  ASSERT_EQ(stat(file.path().c_str(), &before), 0);
  ASSERT_TRUE(file.Replace("two").ok());
  ASSERT_EQ(stat(file.path().c_str(), &after), 0);
  EXPECT_NE(before.st_mtime, after.st_mtime);
  EXPECT_NE(before.st_mtime, 0) << "0 means that there is no such file";
}

}  // namespace
}  // namespace mxban
