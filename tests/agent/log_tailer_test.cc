// On real files, since renaming and truncating are what is under test.

#include "agent/log_tailer.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogTailerTest : public testing::Test {
 protected:
  LogTailerTest()
      : directory_(
            testing::TempDir() + "/" +
            testing::UnitTest::GetInstance()->current_test_info()->name()),
        log_(directory_ + "/mail.log") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Reopen();
  }

  // A new tailer that begins where `positions_` says.
  void Reopen() {
    tailer_.emplace(
        log_, [this](const std::string& log_id) { return positions_[log_id]; });
  }

  void Append(const std::string& text) { AppendTo(log_, text); }

  static void AppendTo(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::app) << text;
  }

  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    tailer_->Poll([&](absl::string_view line, uint64_t end_offset) {
      lines.emplace_back(line);
      positions_[tailer_->log_id()] = end_offset;
      return true;
    });
    return lines;
  }

  const std::string directory_;
  const std::string log_;
  std::map<std::string, uint64_t> positions_;
  std::optional<LogTailer> tailer_;
};

TEST_F(LogTailerTest, DeliversCompleteLinesAsTheyCome) {
  Append("one\ntwo\nthr");
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
  Append("ee\n");
  EXPECT_THAT(Lines(), ElementsAre("three"));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, WaitsForALogThatIsNotThereYet) {
  EXPECT_THAT(Lines(), IsEmpty());
  Append("one\n");
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, OffsetsAreThoseOfTheNextLine) {
  Append("one\n\ntwo\n");
  std::vector<uint64_t> offsets;
  tailer_->Poll([&](absl::string_view, uint64_t end_offset) {
    offsets.push_back(end_offset);
    return true;
  });
  EXPECT_THAT(offsets, ElementsAre(4, 5, 9));
  EXPECT_EQ(tailer_->offset(), 9);
}

TEST_F(LogTailerTest, GoesOnWhereItsPredecessorStopped) {
  Append("one\ntwo\n");
  Lines();
  Append("three\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("three"));
}

TEST_F(LogTailerTest, ReadsARenamedLogToItsEndFirst) {
  Append("one\n");
  Lines();
  std::filesystem::rename(log_, log_ + ".1");
  AppendTo(log_ + ".1", "two\n");
  EXPECT_THAT(Lines(), ElementsAre("two")) << "before the new one is there";
  AppendTo(log_ + ".1", "three\n");
  Append("four\n");
  EXPECT_THAT(Lines(), ElementsAre("three", "four"));
}

TEST_F(LogTailerTest, StaysWithTheOldLogWhileTheNewOneIsEmpty) {
  Append("one\n");
  Lines();
  std::filesystem::rename(log_, log_ + ".1");
  Append("");  // logrotate's `create`; the writer still holds the old one.
  EXPECT_THAT(Lines(), IsEmpty());
  AppendTo(log_ + ".1", "two\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, ARenamedLogKeepsItsName) {
  Append("one\n");
  Lines();
  const std::string log_id = tailer_->log_id();
  std::filesystem::rename(log_, log_ + ".1");
  LogTailer rotated(log_ + ".1", [](const std::string&) { return 0; });
  rotated.Poll([](absl::string_view, uint64_t) { return true; });
  EXPECT_EQ(rotated.log_id(), log_id);
}

TEST_F(LogTailerTest, ATruncatedLogBeginsAgainUnderAnotherName) {
  Append("one\ntwo\n");
  Lines();
  const std::string log_id = tailer_->log_id();
  std::filesystem::resize_file(log_, 0);
  EXPECT_THAT(Lines(), IsEmpty());
  Append("new\n");
  EXPECT_THAT(Lines(), ElementsAre("new"));
  EXPECT_NE(tailer_->log_id(), log_id);
}

TEST_F(LogTailerTest, NoticesATruncationThatHasBeenOvergrown) {
  Append("one\ntwo\n");
  Lines();
  std::filesystem::resize_file(log_, 0);
  Append("a first line that is longer than all there was\nsecond\n");
  EXPECT_THAT(
      Lines(),
      ElementsAre("a first line that is longer than all there was", "second"));
}

TEST_F(LogTailerTest, ARefusedLineComesAgain) {
  Append("one\ntwo\nthree\n");
  int offered = 0;
  EXPECT_FALSE(tailer_->Poll(
      [&](absl::string_view, uint64_t) { return ++offered < 2; }));
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
}

TEST_F(LogTailerTest, OverlongLinesArePassedOverAndCounted) {
  Append("one\n" + std::string(3 * LogTailer::kMaxLineBytes, 'x'));
  EXPECT_THAT(Lines(), ElementsAre("one"));
  Append(std::string(300'000, 'x') + "\ntwo\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
  EXPECT_EQ(tailer_->overlong_lines(), 1);
}

TEST_F(LogTailerTest, TheLongestLineIsDelivered) {
  const std::string longest(LogTailer::kMaxLineBytes, 'x');
  Append(longest + "\n" + longest + "x\n");
  EXPECT_THAT(Lines(), ElementsAre(longest));
  EXPECT_EQ(tailer_->overlong_lines(), 1);
}

TEST_F(LogTailerTest, BytesAreDeliveredAsTheyAre) {
  const std::string bytes("\0\xff\x1b[2J\r", 7);
  Append(bytes + "\n");
  EXPECT_THAT(Lines(), ElementsAre(bytes));
}

TEST_F(LogTailerTest, ADirectoryIsNoLog) {
  std::filesystem::create_directories(log_);
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, APositionBehindTheEndIsNotBelieved) {
  Append("one\n");
  Lines();
  positions_[tailer_->log_id()] = 1'000'000;
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

}  // namespace
}  // namespace mxban
