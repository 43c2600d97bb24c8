// What a tailer makes of logs that are rotated, copied, compressed, cut.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/log_tailer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_tailer_fixture.h"

namespace mxban {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(LogTailerTest, SeveralRotationsBetweenTwoLooksLoseNothing) {
  Append("one\n");
  Lines();
  for (const char* line : {"two\n", "three\n", "four\n"}) {
    Append(line);
    logs_.Rename();
    clock_.Advance(absl::Seconds(1));
  }
  Append("five\n");
  EXPECT_THAT(Lines(), ElementsAre("two", "three", "four", "five"));
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, AfterAnAbsenceTheOldestLogComesFirst) {
  for (int compressed = 0; compressed <= 3; ++compressed) {
    logs_.Clear();
    guide_.positions_.clear();
    Reopen();
    Append("one\n");
    Lines();
    for (const char* line : {"two\n", "three\n", "four\n"}) {
      Append(line);
      logs_.Rename();
    }
    Append("five\n");
    for (int i = 0; i < compressed; ++i) logs_.Compress(3 - i);
    Reopen();
    EXPECT_THAT(Lines(), ElementsAre("two", "three", "four", "five"));
    EXPECT_THAT(Lines(), IsEmpty());
    Reopen();
    EXPECT_THAT(Lines(), IsEmpty()) << compressed << " are compressed";
  }
}

TEST_F(LogTailerTest, RotatedLogsMayBearDates) {
  Append("one\n");
  Lines();
  Append("two\n");
  std::filesystem::rename(logs_.log(), logs_.log() + "-20261121");
  ASSERT_EQ(RunProgram("gzip " + logs_.log() + "-20261121").exit_code, 0);
  clock_.Advance(absl::Hours(24));
  Append("three\n");
  std::filesystem::rename(logs_.log(), logs_.log() + "-20261122");
  clock_.Advance(absl::Hours(24));
  Append("four\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("two", "three", "four"));
}

TEST_F(LogTailerTest, ALogKeepsItsNameHoweverItIsRotated) {
  Append("one\ntwo\n");
  Lines(1);
  const std::string log_id = tailer_->log_id();
  logs_.Rename();
  Append("other\n");
  logs_.Compress(1);
  Reopen();
  Lines();
  logs_.Rename();
  Append("third\n");
  Reopen();
  Lines();
  EXPECT_EQ(deliveries_[0], Delivery(log_id, 4, "one"));
  EXPECT_EQ(deliveries_[1], Delivery(log_id, 8, "two"));
  EXPECT_THAT(tailer_->logs_found(), testing::Contains(log_id));
}

// Lines between the last look and the copy.
TEST_F(LogTailerTest, WhatWasWrittenBeforeACopyComesOnceUnderTheOldName) {
  for (const bool is_watched : {true, false}) {
    logs_.Clear();
    guide_.positions_.clear();
    deliveries_.clear();
    Reopen();
    Append("one\n");
    Lines();
    const std::string log_id = tailer_->log_id();
    Append("two\n");
    logs_.CopyAndTruncate();
    if (!is_watched) Reopen();
    EXPECT_THAT(Lines(), ElementsAre("two"));
    Append("three\n");
    EXPECT_THAT(Lines(), ElementsAre("three"));
    EXPECT_THAT(Lines(), IsEmpty());
    EXPECT_EQ(deliveries_[1], Delivery(log_id, 8, "two"));
    EXPECT_NE(tailer_->log_id(), log_id);
  }
}

TEST_F(LogTailerTest, TwoCopiesBetweenTwoLooksComeOnce) {
  for (const bool is_watched : {true, false}) {
    logs_.Clear();
    guide_.positions_.clear();
    Reopen();
    Append("one\n");
    Lines();
    Append("two\n");
    logs_.CopyAndTruncate();
    Append("three\n");
    logs_.CopyAndTruncate();
    logs_.Compress(2);
    Append("four\n");
    if (!is_watched) Reopen();
    EXPECT_THAT(Lines(), ElementsAre("two", "three", "four"));
    logs_.Compress(1);
    Reopen();
    EXPECT_THAT(Lines(), IsEmpty());
  }
}

TEST_F(LogTailerTest, ACopyThatIsBeingMadeIsNotRead) {
  Append("one\ntwo\n");
  Lines(1);
  logs_.Copy();
  Append("three\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
  logs_.Truncate();
  EXPECT_THAT(Lines(), IsEmpty());
  Append("four\n");
  EXPECT_THAT(Lines(), ElementsAre("four"));
}

TEST_F(LogTailerTest, ACopyOfALogThatNobodyKnowsIsReadWhenItIsMade) {
  Append("one\n");
  logs_.Copy();
  EXPECT_THAT(Lines(), ElementsAre("one"));
  EXPECT_EQ(deliveries_.size(), 1);
  logs_.Truncate();
  Append("second\n");
  EXPECT_THAT(Lines(), ElementsAre("second"));
  EXPECT_EQ(deliveries_.size(), 2);
}

TEST_F(LogTailerTest, ALogThatIsBeingCompressedIsReadAsItWas) {
  Append("one\ntwo\n");
  Lines(1);
  logs_.Rename();
  Append("three\n");
  const std::string plain = logs_.Rotated(1);
  ASSERT_EQ(
      RunProgram("gzip -c " + plain + " | head -c 20 > " + logs_.Compressed(1))
          .exit_code,
      0);
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
}

TEST_F(LogTailerTest, ADamagedLogHoldsUpNothing) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += std::to_string(i * 7919 % 100'000) + "\n";
  }
  Append("one\n" + text);
  logs_.Rename();
  logs_.Compress(1);
  const std::string file = logs_.Compressed(1);
  const auto size = std::filesystem::file_size(file);
  ASSERT_EQ(RunProgram("dd if=/dev/zero conv=notrunc bs=1 count=512 of=" +
                       file + " seek=" + std::to_string(size / 2))
                .exit_code,
            0);
  Append("after\n");
  EXPECT_EQ(Lines().back(), "after");
  EXPECT_EQ(std::get<2>(deliveries_.front()), "one");
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, ALogThatIsCutOffIsReadAsFarAsItGoes) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) {
    text += std::to_string(i * 7919 % 100'000) + "\n";
  }
  Append(text);
  logs_.Rename();
  logs_.Compress(1);
  const std::string file = logs_.Compressed(1);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  Append("after\n");
  const std::vector<std::string> lines = Lines();
  EXPECT_GT(lines.size(), 20'000);
  EXPECT_EQ(lines.back(), "after");
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    ASSERT_EQ(lines[i], std::to_string(i * 7919 % 100'000));
  }
}

TEST_F(LogTailerTest, AFileThatIsNotWhatItsNameSaysHoldsUpNothing) {
  logs_.AppendTo(logs_.Compressed(2), "\x1f\x8b nothing of the kind\n");
  logs_.AppendTo(logs_.Compressed(3), "");
  std::filesystem::create_directories(logs_.Rotated(1));
  Append("one\n");
  EXPECT_THAT(Lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, ALastLineWithoutItsEndIsNotWaitedFor) {
  Append("one\ntw");
  Lines();
  logs_.Rename();
  Append("three\n");
  EXPECT_THAT(Lines(), ElementsAre("three"));
  logs_.Rename();
  Append("four\n");
  EXPECT_THAT(Lines(), ElementsAre("four"));
  Reopen();
  EXPECT_THAT(Lines(), IsEmpty());
  logs_.Compress(2);
  Reopen();
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, WhatALateWriterAddsIsFoundAtTheNextRotation) {
  Append("one\n");
  Lines();
  logs_.Rename();
  Append("two\n");
  Lines();
  logs_.AppendTo(logs_.Rotated(1), "late\n");
  EXPECT_THAT(Lines(), IsEmpty());
  logs_.Rename();
  Append("three\n");
  EXPECT_THAT(Lines(), UnorderedElementsAre("late", "three"));
}

TEST_F(LogTailerTest, ALogOnAnotherFileSystemGoesOnWhereItWas) {
  Append("one\ntwo\n");
  Lines(1);
  std::filesystem::copy_file(logs_.log(), logs_.Rotated(1));
  std::filesystem::remove(logs_.log());
  Append("three\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
}

TEST_F(LogTailerTest, ALogThatAnEditorHasWrittenGoesOnWhereItWas) {
  Append("one\ntwo\n");
  Lines();
  std::filesystem::copy_file(logs_.log(), logs_.path() + "/new");
  std::filesystem::rename(logs_.path() + "/new", logs_.log());
  Append("three\n");
  EXPECT_THAT(Lines(), ElementsAre("three"));
}

TEST_F(LogTailerTest, AShorterLogInItsPlaceIsReadFromItsBegin) {
  for (const bool is_watched : {true, false}) {
    logs_.Clear();
    guide_.positions_.clear();
    Reopen();
    Append("one\ntwo\n");
    Lines();
    logs_.AppendTo(logs_.path() + "/new", "six\n");
    std::filesystem::rename(logs_.path() + "/new", logs_.log());
    if (!is_watched) Reopen();
    EXPECT_THAT(Lines(), ElementsAre("six"));
  }
}

TEST_F(LogTailerTest, TheSameFirstLineAgainIsTheNextGeneration) {
  for (const char* text : {"one\n", "one\nB\n", "one\nB\nC\nD\nE\n"}) {
    logs_.Clear();
    guide_.positions_.clear();
    Reopen();
    Append("one\ntwo\n");
    Lines();
    const std::string log_id = tailer_->log_id();
    logs_.Truncate();
    Append(text);
    const std::vector<std::string> lines = Lines();
    EXPECT_EQ(lines.size(), std::count(text, text + std::strlen(text), '\n'));
    EXPECT_EQ(tailer_->log_id(), log_id + "+1");
    Append("more\n");
    Reopen();
    EXPECT_THAT(Lines(), ElementsAre("more"));
    EXPECT_EQ(tailer_->log_id(), log_id + "+1");
    logs_.Truncate();
    Append("one\n");
    EXPECT_THAT(Lines(), ElementsAre("one"));
    EXPECT_EQ(tailer_->log_id(), log_id + "+2");
  }
}

TEST_F(LogTailerTest, AShorterOneWithTheSameFirstLineIsNoticedAfterAnAbsence) {
  Append("one\ntwo\n");
  Lines();
  logs_.Truncate();
  Append("one\nB\n");
  Reopen();
  EXPECT_THAT(Lines(), ElementsAre("one", "B"));
  Reopen();
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(LogTailerTest, WhoComesWhileTheNewLogIsEmptyReadsTheOldOne) {
  Append("one\n");
  Lines();
  logs_.Rename();
  Append("");
  Reopen();
  EXPECT_THAT(Lines(), IsEmpty());
  logs_.AppendTo(logs_.Rotated(1), "two\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
  logs_.AppendTo(logs_.Rotated(1), "three\n");
  Append("four\n");
  EXPECT_THAT(Lines(), ElementsAre("three", "four"));
}

TEST_F(LogTailerTest, ALogWithHalfALineIsNotThereYet) {
  Append("one\n");
  Lines();
  logs_.Rename();
  Append("tw");
  EXPECT_THAT(Lines(), IsEmpty());
  logs_.AppendTo(logs_.Rotated(1), "late\n");
  EXPECT_THAT(Lines(), ElementsAre("late"));
  Append("o\n");
  EXPECT_THAT(Lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, OldRotatedLogsTellNothingNew) {
  Append("one\n");
  logs_.Rename();
  logs_.SetAge(logs_.Rotated(1), absl::Minutes(12));
  Append("two\n");
  logs_.Rename();
  logs_.SetAge(logs_.Rotated(1), absl::Minutes(10));
  Append("three\n");
  guide_.oldest_ = clock_.TimeNow() - absl::Minutes(11);
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
  EXPECT_EQ(tailer_->logs_found().size(), 3) << "it is there nevertheless";
}

TEST_F(LogTailerTest, LogsThatAreGoneAreNotFoundAnyMore) {
  EXPECT_FALSE(tailer_->has_looked());
  Append("one\n");
  Lines();
  EXPECT_TRUE(tailer_->has_looked());
  const std::string log_id = tailer_->log_id();
  logs_.Rename();
  Append("two\n");
  Lines();
  EXPECT_THAT(tailer_->logs_found(),
              UnorderedElementsAre(log_id, tailer_->log_id()));
  std::filesystem::remove(logs_.Rotated(1));
  logs_.Rename();
  Append("three\n");
  Lines();
  EXPECT_EQ(tailer_->logs_found().size(), 2);
  EXPECT_THAT(tailer_->logs_found(), Each(testing::Ne(log_id)));
}

TEST_F(LogTailerTest, ARefusalInARotatedLogHoldsUpTheLaterOnes) {
  Append("one\ntwo\n");
  logs_.Rename();
  Append("three\n");
  EXPECT_THAT(Lines(1), ElementsAre("one"));
  EXPECT_THAT(Lines(0), IsEmpty());
  EXPECT_THAT(Lines(), ElementsAre("two", "three"));
}

}  // namespace
}  // namespace mxban
