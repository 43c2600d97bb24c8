#include "agent/log_seek.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/agent/log_directory.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

constexpr uint64_t kNear = 64 * 1024;

// Logs whose lines begin with a second, as `17 xxxx`.
class LogSeekTest : public testing::Test {
 protected:
  static absl::Time Second(int second) { return absl::FromUnixSeconds(second); }

  static std::string Line(int second) {
    return absl::StrCat(second, " ", std::string(90, 'x'), "\n");
  }

  // What seconds `begin` to `end` have to tell.
  static std::string Lines(int begin, int end) {
    std::string lines;
    for (int second = begin; second < end; ++second) lines += Line(second);
    return lines;
  }

  std::optional<absl::Time> StampOf(absl::string_view line) {
    ++stamps_read_;
    int second;
    if (!absl::SimpleAtoi(line.substr(0, line.find(' ')), &second)) {
      return std::nullopt;
    }
    return Second(second);
  }

  uint64_t Seek(absl::Time oldest, uint64_t begin = 0) {
    log_ = LogFile::Open(logs_.log());
    stamps_read_ = 0;
    return SeekTime(*log_, begin, *log_->size(), oldest,
                    [this](absl::string_view line) { return StampOf(line); });
  }

  FakeClock clock_;
  LogDirectory logs_{clock_};
  std::unique_ptr<LogFile> log_;
  int stamps_read_ = 0;
};

TEST_F(LogSeekTest, FindsTheHorizonFromALittleBefore) {
  const std::string text = Lines(0, 50'000);
  logs_.Append(text);
  for (const int second : {1, 500, 25'000, 33'333, 49'999, 49'000}) {
    const uint64_t offset = Seek(Second(second));
    const uint64_t wanted = Lines(0, second).size();
    EXPECT_LE(offset, wanted) << second;
    EXPECT_GE(offset + kNear, wanted) << second;
    EXPECT_TRUE(offset == 0 || text[offset - 1] == '\n') << second;
    EXPECT_LT(stamps_read_, 20);
  }
}

TEST_F(LogSeekTest, StaysAtTheBeginIfAllIsRecent) {
  logs_.Append(Lines(1'000, 30'000));
  EXPECT_EQ(Seek(Second(10)), 0);
  EXPECT_EQ(Seek(Second(1'000)), 0);
}

TEST_F(LogSeekTest, ComesNearTheEndIfAllIsOld) {
  const std::string text = Lines(1'000, 30'000);
  logs_.Append(text);
  const uint64_t offset = Seek(Second(100'000));
  EXPECT_LE(offset, text.size());
  EXPECT_GE(offset + 2 * kNear, text.size());
}

TEST_F(LogSeekTest, GoesNoFurtherBackThanItsBegin) {
  const std::string text = Lines(0, 50'000);
  logs_.Append(text);
  const uint64_t begin = Lines(0, 30'000).size();
  EXPECT_EQ(Seek(Second(10), begin), begin);
  EXPECT_GE(Seek(Second(40'000), begin), begin);
}

TEST_F(LogSeekTest, ReadsAShortLogRatherThanSeek) {
  logs_.Append(Lines(0, 100));
  EXPECT_EQ(Seek(Second(1'000)), 0);
  EXPECT_EQ(stamps_read_, 0);
}

TEST_F(LogSeekTest, WithoutStampsNothingIsPassedOver) {
  std::string text;
  for (int i = 0; i < 30'000; ++i)
    text += "no stamp " + std::string(90, 'x') + "\n";
  logs_.Append(text);
  EXPECT_EQ(Seek(Second(1'000'000)), 0);
}

TEST_F(LogSeekTest, ALineWithoutAStampIsAsOldAsTheNext) {
  std::string text;
  for (int second = 0; second < 10'000; ++second) {
    text += Line(second) + "a\nb\nc " + std::string(90, 'x') + "\n";
  }
  logs_.Append(text);
  const uint64_t offset = Seek(Second(7'000));
  const uint64_t wanted = text.find(Line(7'000));
  EXPECT_LE(offset, wanted);
  EXPECT_GE(offset + kNear, wanted);
}

TEST_F(LogSeekTest, WhatHasNoStampsBeforeTheHorizonIsKept) {
  const std::string stampless(500'000, '\n');
  const std::string old = Lines(0, 10'000);
  logs_.Append(old + stampless + Lines(10'000, 20'000));
  EXPECT_LE(Seek(Second(10'000)), old.size());
  EXPECT_LE(Seek(Second(5'000)), Lines(0, 5'000).size());
  const uint64_t offset = Seek(Second(15'000));
  EXPECT_LE(offset,
            old.size() + stampless.size() + Lines(10'000, 15'000).size());
}

TEST_F(LogSeekTest, AnEndlessLineIsNotPassedOver) {
  logs_.Append(Lines(0, 1'000) + std::string(1'000'000, 'x') + "\n" +
               Lines(1'000, 2'000));
  EXPECT_LE(Seek(Second(1'000)), Lines(0, 1'000).size());
}

// The end of what is sought may lie within a log that grows.
TEST_F(LogSeekTest, AnEmptyStretchIsNotSought) {
  logs_.Append(Lines(0, 10));
  log_ = LogFile::Open(logs_.log());
  EXPECT_EQ(SeekTime(*log_, 50, 50, Second(100),
                     [this](absl::string_view line) { return StampOf(line); }),
            50);
}

}  // namespace
}  // namespace mxban
