#include "agent/line_buffer.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LineBufferTest : public testing::Test {
 protected:
  void Fill(const std::string& bytes) {
    for (size_t at = 0; at < bytes.size();) {
      at += buffer_.Fill([&](char* data, size_t size) {
        const size_t count = std::min(size, bytes.size() - at);
        std::memcpy(data, bytes.data() + at, count);
        return static_cast<ssize_t>(count);
      });
      Deliver();
    }
  }

  bool Deliver() {
    return buffer_.Deliver(
        [this](const LogLine& line) {
          if (lines_.size() == room_) return false;
          lines_.push_back(absl::StrCat(line.begin, "-", line.end, " ",
                                        line.text.substr(0, 9)));
          return true;
        },
        [this](absl::string_view lines, uint64_t) {
          return absl::StartsWith(lines, skipped_) ? skipped_.size() : 0;
        });
  }

  LineBuffer buffer_{64 * 1024};
  size_t room_ = 100;
  std::string skipped_;  // Passed over at the begin of lines.
  std::vector<std::string> lines_;
};

TEST_F(LineBufferTest, LinesComeWhole) {
  Fill("a\nb");
  EXPECT_THAT(lines_, ElementsAre("0-2 a"));
  Fill("c");
  Fill("\n\n");
  EXPECT_THAT(lines_, ElementsAre("0-2 a", "2-5 bc", "5-6 "));
}

TEST_F(LineBufferTest, WhatIsRefusedComesAgain) {
  room_ = 1;
  Fill("a\nb\n");
  EXPECT_FALSE(Deliver());
  room_ = 9;
  EXPECT_TRUE(Deliver());
  EXPECT_THAT(lines_, ElementsAre("0-2 a", "2-4 b"));
}

TEST_F(LineBufferTest, WhatTellsNothingIsPassedOver) {
  skipped_ = "a\nb\n";
  Fill("a\nb\nc\na\nb\n");
  EXPECT_THAT(lines_, ElementsAre("4-6 c"));
  EXPECT_EQ(buffer_.offset(), 10u);
}

TEST_F(LineBufferTest, BeginsAnewWhereItIsTold) {
  Fill("a\nb");
  buffer_.Reset(1000);
  Fill("c\nd");
  EXPECT_THAT(lines_, ElementsAre("0-2 a", "1000-1002 c"));
  EXPECT_EQ(buffer_.offset(), 1002u);
  EXPECT_EQ(buffer_.end(), 1003u);
}

TEST_F(LineBufferTest, OverlongLinesArePassedOver) {
  const size_t size = LineSource::kMaxLineBytes;
  Fill(std::string(size + 1, 'x') + "\na\n" + std::string(1 << 20, 'x'));
  EXPECT_THAT(lines_, ElementsAre(absl::StrCat(size + 2, "-", size + 4, " a")));
  Fill("\nb\n");
  EXPECT_EQ(buffer_.overlong_lines(), 2u);
  EXPECT_EQ(lines_.back().back(), 'b');
  lines_.clear();
  Fill(std::string(size, 'y') + "\n");
  EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(LineBufferTest, NothingIsTakenWhereNothingComes) {
  Fill("a");
  EXPECT_EQ(buffer_.Fill([](char*, size_t) { return ssize_t{-1}; }), -1);
  EXPECT_EQ(buffer_.Fill([](char*, size_t) { return ssize_t{0}; }), 0);
  EXPECT_THAT(lines_, IsEmpty());
  Fill("b\n");
  EXPECT_THAT(lines_, ElementsAre("0-3 ab"));
}

}  // namespace
}  // namespace mxban
