#include "agent/state_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class StateFileTest : public testing::Test {
 protected:
  std::string Contents() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string path_ = testing::TempDir() + "/state";
};

TEST_F(StateFileTest, TakesThePlaceOfWhatWasThere) {
  const std::string bytes("a\n\0\xff", 4);
  ASSERT_TRUE(ReplaceFile(path_, "longer than what comes").ok());
  ASSERT_TRUE(ReplaceFile(path_, bytes).ok());
  EXPECT_EQ(Contents(), bytes);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(StateFileTest, WhatCannotBeWrittenIsSaidAndLeavesTheOld) {
  ASSERT_TRUE(ReplaceFile(path_, "old").ok());
  std::filesystem::create_directory(path_ + ".new");
  const absl::Status written = ReplaceFile(path_, "new");
  std::filesystem::remove(path_ + ".new");
  EXPECT_EQ(written.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(written.message()), HasSubstr(path_));
  EXPECT_EQ(Contents(), "old");
}

}  // namespace
}  // namespace mxban
