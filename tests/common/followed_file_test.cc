#include "common/followed_file.h"

#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

absl::StatusOr<int> Number(absl::string_view text) {
  int number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  return absl::InvalidArgumentError("no number");
}

class FollowedFileTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  const std::string path_ = testing::TempDir() + "/followed_file_test";
};

TEST_F(FollowedFileTest, MustBeRightAtFirst) {
  Write("many");
  EXPECT_EQ(FollowedFile<int>::Open(path_, Number).status().message(),
            "no number");
  EXPECT_FALSE(FollowedFile<int>::Open("/no/file", Number).ok());
}

TEST_F(FollowedFileTest, AChangeIsTakenOverUnlessItIsSpoilt) {
  Write("1");
  const auto file = *FollowedFile<int>::Open(path_, Number);
  EXPECT_EQ(*file->value(), 1);
  Write("2");
  file->Refresh();
  EXPECT_EQ(*file->value(), 2);
  for (const char* spoilt : {"many", ""}) {
    Write(spoilt);
    file->Refresh();
    EXPECT_EQ(*file->value(), 2);
  }
  Write("3");
  file->Refresh();
  EXPECT_EQ(*file->value(), 3);
}

TEST_F(FollowedFileTest, WhatIsDemandedIsDemandedEachTime) {
  Write("1");
  bool is_allowed = true;
  const auto file = *FollowedFile<int>::Open(
      path_, Number, [&](const std::string&) -> absl::Status {
        if (is_allowed) return absl::OkStatus();
        return absl::FailedPreconditionError("not allowed");
      });
  is_allowed = false;
  Write("2");
  file->Refresh();
  EXPECT_EQ(*file->value(), 1);
}

}  // namespace
}  // namespace mxban
