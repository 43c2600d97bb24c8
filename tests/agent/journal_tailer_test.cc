// On real files of the journal.

#include "agent/journal_tailer.h"

#include <poll.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/journal_maker.h"
#include "tests/support/test_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'795'425'600);

absl::Time At(int seconds) { return kNow + absl::Seconds(seconds); }

class FakeGuide final : public LineSource::Guide {
 public:
  absl::Time Oldest() const override { return oldest; }
  std::vector<std::string> KnownLogs() const override {
    std::vector<std::string> logs = {"file:1:2:3"};
    for (const auto& [log_id, position] : positions) logs.push_back(log_id);
    return logs;
  }
  uint64_t PositionIn(const std::string& log_id) const override {
    const auto found = positions.find(log_id);
    return found == positions.end() ? 0 : found->second;
  }
  void TurnTo(const std::string& log_id) override { turns.push_back(log_id); }

  absl::Time oldest = absl::InfinitePast();
  std::map<std::string, uint64_t> positions;
  std::vector<std::string> turns;
};

class JournalTailerTest : public testing::Test {
 protected:
  JournalTailerTest() { Start(); }

  // Begins as a new process does.
  void Start(std::vector<std::string> matches = {}) {
    guide_.turns.clear();
    tailer_.emplace(JournalTailer::Options{.directory = directory_,
                                           .matches = std::move(matches)},
                    guide_);
  }

  void Append(const std::string& file, int seconds, const std::string& text) {
    AppendToJournal(absl::StrCat(directory_, "/", file, ".journal"),
                    {SendmailRecord(At(seconds), text)});
  }

  // The texts that come now, of which at most `room` find room. Positions are
  // kept as by a reader that has dealt with them.
  std::vector<std::string> Read(size_t room = 1000) {
    std::vector<std::string> texts;
    tailer_->Poll([&](const LogLine& line) {
      if (texts.size() == room) return false;
      EXPECT_EQ(line.begin + 1, line.end);
      EXPECT_GT(line.end, guide_.PositionIn(tailer_->log_id()));
      guide_.positions[tailer_->log_id()] = line.end;
      const size_t head = line.text.find(": ");
      texts.push_back(std::string(line.text.substr(head + 2)));
      return true;
    });
    return texts;
  }

  const std::string directory_ = MakeTestDirectory();
  FakeGuide guide_;
  std::optional<JournalTailer> tailer_;
};

TEST_F(JournalTailerTest, AMessageIsALineWithANumberAndATime) {
  JournalRecord record = SendmailRecord(At(1), "hello\nthere");
  record.fields.push_back(
      {"_SOURCE_REALTIME_TIMESTAMP",
       absl::StrCat(absl::ToUnixMicros(kNow + absl::Microseconds(5)))});
  AppendToJournal(directory_ + "/a.journal",
                  {SendmailRecord(At(0), "first"), record});
  std::vector<LogLine> lines;
  std::vector<std::string> texts;
  EXPECT_TRUE(tailer_->Poll([&](const LogLine& line) {
    lines.push_back(line);
    texts.push_back(std::string(line.text));
    return true;
  }));
  EXPECT_THAT(texts, ElementsAre("mx1 sm-mta[1195]: first",
                                 "mx1 sm-mta[1195]: hello\\nthere"));
  EXPECT_EQ(lines[0].end, 1u);
  EXPECT_EQ(lines[0].time, At(0));
  EXPECT_EQ(lines[1].end, 2u);
  EXPECT_EQ(lines[1].time, kNow + absl::Microseconds(5));
  EXPECT_TRUE(absl::StartsWith(tailer_->log_id(), "journal:"));
  EXPECT_THAT(guide_.turns, ElementsAre(tailer_->log_id()));
}

TEST_F(JournalTailerTest, WhatIsRefusedComesAgain) {
  AppendToJournal(directory_ + "/a.journal",
                  {SendmailRecord(At(0), "a"), SendmailRecord(At(1), "b"),
                   SendmailRecord(At(2), "c")});
  EXPECT_THAT(Read(1), ElementsAre("a"));
  EXPECT_THAT(Read(0), IsEmpty());
  EXPECT_THAT(Read(), ElementsAre("b", "c"));
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(JournalTailerTest, NewMessagesAndNewFilesAreNoticed) {
  Append("a", 0, "a");
  EXPECT_THAT(Read(), ElementsAre("a"));
  Append("a", 1, "b");
  EXPECT_THAT(Read(), ElementsAre("b"));
  Append("b", 2, "c");
  pollfd news = {tailer_->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&news, 1, 10'000), 1);
  EXPECT_THAT(Read(), ElementsAre("c"));
}

TEST_F(JournalTailerTest, GoesOnWhereItWas) {
  for (int i = 0; i < 5; ++i) Append("a", i, absl::StrCat(i));
  EXPECT_THAT(Read(2), ElementsAre("0", "1"));
  Start();
  EXPECT_THAT(Read(2), ElementsAre("2", "3"));
  Start();
  EXPECT_THAT(Read(), ElementsAre("4"));
  Start();
  EXPECT_THAT(Read(), IsEmpty());
  Append("a", 9, "9");
  EXPECT_THAT(Read(), ElementsAre("9"));
}

TEST_F(JournalTailerTest, GoesOnWhereItWasHoweverOldThatIs) {
  for (int i = 0; i < 5; ++i) Append("a", i, absl::StrCat(i));
  EXPECT_THAT(Read(2), ElementsAre("0", "1"));
  guide_.oldest = At(1000);
  Start();
  EXPECT_THAT(Read(), ElementsAre("2", "3", "4"));
}

TEST_F(JournalTailerTest, BeginsWithWhatCanStillCount) {
  for (int i = 0; i < 5; ++i) Append("a", i, absl::StrCat(i));
  guide_.oldest = At(3);
  EXPECT_THAT(Read(), ElementsAre("3", "4"));
}

TEST_F(JournalTailerTest, BeginsAgainWhenAsked) {
  for (int i = 0; i < 3; ++i) Append("a", i, absl::StrCat(i));
  EXPECT_THAT(Read(2), ElementsAre("0", "1"));
  guide_.positions.begin()->second = 1;
  tailer_->Restart();
  EXPECT_EQ(tailer_->log_id(), "");
  EXPECT_THAT(Read(), ElementsAre("1", "2"));
}

TEST_F(JournalTailerTest, DeliversWhatMatches) {
  for (const char* name : {"a", "b", "c"}) {
    for (const char* unit : {"x", "y"}) {
      AppendToJournal(directory_ + "/a.journal",
                      {{At(0),
                        {{"SYSLOG_IDENTIFIER", name},
                         {"UNIT", unit},
                         {"MESSAGE", absl::StrCat(name, unit)}}}});
    }
  }
  Start({"SYSLOG_IDENTIFIER=a UNIT=y + SYSLOG_IDENTIFIER=b UNIT=x UNIT=z"});
  EXPECT_THAT(Read(), ElementsAre("ay", "bx"));
  guide_.positions.clear();
  Start({"SYSLOG_IDENTIFIER=c", "UNIT=y"});
  EXPECT_THAT(Read(), ElementsAre("ay", "by", "cx", "cy"));
}

TEST_F(JournalTailerTest, SequencesAreToldApart) {
  for (int i = 0; i < 6; ++i) {
    Append(i % 2 == 0 ? "a" : "b", i, absl::StrCat(i));
  }
  EXPECT_THAT(Read(), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_EQ(guide_.turns.size(), 6u);
  EXPECT_EQ(guide_.positions.size(), 2u);
}

TEST_F(JournalTailerTest, OfSeveralSequencesNothingComesTwiceOrNever) {
  for (int i = 0; i < 8; ++i) {
    Append(absl::StrCat(i % 3), i, absl::StrCat(i));
  }
  std::vector<std::string> texts;
  for (int i = 0; i < 8; ++i) {
    Start();
    for (const std::string& text : Read(1)) texts.push_back(text);
  }
  EXPECT_THAT(texts, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
  Append("new", 9, "9");
  Append("0", 10, "10");
  Start();
  EXPECT_THAT(Read(), ElementsAre("9", "10"));
}

TEST_F(JournalTailerTest, KnowsWhichSequencesAreThere) {
  EXPECT_FALSE(tailer_->has_looked());
  Append("a", 0, "a");
  Append("b", 1, "b");
  Read();
  const std::string b = tailer_->log_id();
  EXPECT_EQ(tailer_->logs_found().size(), 2u);
  guide_.positions["journal:0123456789abcdef0123456789abcdef"] = 5;
  for (auto& [log_id, position] : guide_.positions) position = 0;
  std::filesystem::remove(directory_ + "/a.journal");
  guide_.oldest = At(1000);
  Start();
  Read();
  EXPECT_TRUE(tailer_->has_looked());
  EXPECT_THAT(tailer_->logs_found(), ElementsAre(b));
}

TEST_F(JournalTailerTest, AJournalThatIsGoneIsNoObstacle) {
  Append("a", 0, "a");
  Append("b", 1, "b");
  EXPECT_THAT(Read(), ElementsAre("a", "b"));
  std::filesystem::remove(directory_ + "/b.journal");
  Append("c", 2, "c");
  EXPECT_THAT(Read(), ElementsAre("c"));
  std::filesystem::remove(directory_ + "/a.journal");
  Append("d", 3, "d");
  Start();
  EXPECT_THAT(Read(), ElementsAre("d"));
}

TEST_F(JournalTailerTest, AJournalMayComeLater) {
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(tailer_->fd(), -1);
  std::filesystem::remove_all(directory_);
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(tailer_->fd(), -1);
  std::filesystem::create_directories(directory_);
  Append("a", 0, "a");
  EXPECT_THAT(Read(), ElementsAre("a"));
  EXPECT_GE(tailer_->fd(), 0);
}

TEST_F(JournalTailerTest, WhatIsMovedToAnotherDirectoryComesOnce) {
  Append("a", 0, "a");
  Append("a", 1, "b");
  EXPECT_THAT(Read(), ElementsAre("a", "b"));
  std::filesystem::rename(directory_, directory_ + ".old");
  std::filesystem::create_directories(directory_);
  for (int i = 0; i < 3; ++i) Append("new", i, std::string(1, 'a' + i));
  EXPECT_THAT(Read(), ElementsAre("c"));
  Append("new", 4, "d");
  EXPECT_THAT(Read(), ElementsAre("d"));
  Start();
  EXPECT_THAT(Read(), IsEmpty());
  std::filesystem::remove_all(directory_ + ".old");
}

TEST_F(JournalTailerTest, AMessageThatWaitedWhileAllWasMovedComesOnce) {
  Append("a", 0, "a");
  Append("a", 1, "b");
  EXPECT_THAT(Read(1), ElementsAre("a"));
  std::filesystem::rename(directory_, directory_ + ".old");
  std::filesystem::rename(directory_ + ".old", directory_);
  EXPECT_THAT(Read(), ElementsAre("b"));
  std::filesystem::copy(directory_, directory_ + ".copy");
  std::filesystem::remove_all(directory_);
  std::filesystem::rename(directory_ + ".copy", directory_);
  EXPECT_THAT(Read(), IsEmpty());
  Append("a", 2, "c");
  EXPECT_THAT(Read(), ElementsAre("c"));
}

TEST_F(JournalTailerTest, OverlongMessagesArePassedOver) {
  Append("a", 0, "a");
  Append("a", 1, std::string(1 << 20, 'x'));
  Append("a", 2, std::string(JournalTailer::kMaxLineBytes, 'x'));
  Append("a", 3, "b");
  EXPECT_THAT(Read(), ElementsAre("a", "b"));
  EXPECT_EQ(tailer_->overlong_lines(), 2u);
}

TEST_F(JournalTailerTest, AFileThatIsNoneIsPassedOver) {
  std::ofstream(directory_ + "/x.journal") << std::string(10'000, 'x');
  Append("a", 0, "a");
  EXPECT_THAT(Read(), ElementsAre("a"));
}

}  // namespace
}  // namespace mxban
