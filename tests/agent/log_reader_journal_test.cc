// A reader of real files of the journal, polled by hand.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"
#include "tests/support/journal_maker.h"
#include "tests/support/test_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogReaderJournalTest : public LogReaderTest {
 protected:
  Jail JournalJail(const char* name, std::vector<std::string> matches = {}) {
    Jail jail = SomeJail(name, "\\[<HOST>\\]: possible SMTP attack");
    jail.log_paths.clear();
    jail.journal = Journal{directory_, 0};
    jail.journal_matches = std::move(matches);
    return jail;
  }

  void Fail(const std::string& file, const std::string& host,
            absl::Duration age = absl::ZeroDuration()) {
    AppendToJournal(absl::StrCat(directory_, "/", file, ".journal"),
                    {SendmailRecord(clock_.TimeNow() - age,
                                    absl::StrCat("o0LNaCc5001195: [", host,
                                                 "]: possible SMTP attack: "
                                                 "command=AUTH"))});
  }

  const std::string directory_ = MakeTestDirectory();
};

TEST_F(LogReaderJournalTest, FailuresAreReported) {
  reader_->SetJails({JournalJail("j")});
  EXPECT_THAT(Reported(), IsEmpty());
  Fail("a", "203.0.113.1");
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1"));
  EXPECT_EQ(reader_->statistics().open_logs, 1u);
}

TEST_F(LogReaderJournalTest, WhatIsTooOldIsNot) {
  Fail("a", "203.0.113.1", absl::Minutes(11));
  Fail("a", "203.0.113.2", absl::Minutes(9));
  reader_->SetJails({JournalJail("j")});
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.2"));
}

TEST_F(LogReaderJournalTest, EachJailSeesWhatMatches) {
  reader_->SetJails({JournalJail("j", {"SYSLOG_IDENTIFIER=sm-mta"}),
                     JournalJail("k", {"SYSLOG_IDENTIFIER=other"}),
                     JournalJail("l", {"SYSLOG_IDENTIFIER=sm-mta"})});
  Fail("a", "203.0.113.1");
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1", "l 203.0.113.1"));
}

TEST_F(LogReaderJournalTest, ANewcomerSeesWhatStillCountsAndNobodyElseAgain) {
  Fail("a", "203.0.113.1");
  reader_->SetJails({JournalJail("j")});
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1"));
  reader_->SetJails({JournalJail("j"), JournalJail("k")});
  EXPECT_THAT(Reported(), ElementsAre("k 203.0.113.1"));
  RestartAll({JournalJail("j"), JournalJail("k")});
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1", "k 203.0.113.1"))
      << "not acknowledged";
  AcknowledgeAll();
  reader_->Poll();
  RestartAll({JournalJail("j"), JournalJail("k"), JournalJail("l")});
  EXPECT_THAT(Reported(), ElementsAre("l 203.0.113.1"));
}

TEST_F(LogReaderJournalTest, WhatWaitsForAnotherMessageSurvivesADeath) {
  Jail jail = JournalJail("j");
  jail.filter.fail_regexes = {
      "^\\S+ \\S+ <F-MLFID>\\d</F-MLFID> \\w+$",
      "^\\S+ \\S+ <F-MLFID>\\d</F-MLFID> <F-NOFAIL>from</F-NOFAIL> <HOST>$"};
  const std::string file = directory_ + "/a.journal";
  AppendToJournal(file, {SendmailRecord(clock_.TimeNow(), "0 x from"),
                         SendmailRecord(clock_.TimeNow(), "1 joe")});
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), IsEmpty());
  RestartAll({jail});
  AppendToJournal(file,
                  {SendmailRecord(clock_.TimeNow(), "1 from 203.0.113.1")});
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1"));
}

TEST_F(LogReaderJournalTest, WhatIsFullIsReadAgainWhenThereIsRoom) {
  SetCapacity(2);
  reader_->SetAlone(true);
  reader_->SetJails({JournalJail("j")});
  for (int i = 1; i <= 4; ++i) Fail("a", absl::StrCat("203.0.113.", i));
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.1", "j 203.0.113.2"));
  EXPECT_EQ(local_counter_.failures().size(), 4u);
  AcknowledgeAll();
  reader_->SetAlone(false);
  EXPECT_THAT(Reported(), ElementsAre("j 203.0.113.3", "j 203.0.113.4"));
}

// Deaths, rooms that are small, acknowledgements, other sequences and files
// that go, at random: in the end each failure has been recorded once.
TEST_F(LogReaderJournalTest, EachFailureCountsOnceWhateverHappens) {
  std::mt19937 random(1);
  const std::vector<Jail> jails = {
      JournalJail("j"), JournalJail("k", {"SYSLOG_IDENTIFIER=sm-mta"})};
  SetCapacity(3);
  reader_->SetJails(jails);
  std::map<FailureOutbox::Key, uint64_t> recorded_to;
  std::map<std::string, int> recorded;
  const auto record = [&] {
    reader_->Poll();
    while (const auto batch = outbox_->Take(2)) {
      uint64_t& to = recorded_to[{batch->jail, batch->log_id}];
      for (const Failure& failure : batch->failures) {
        if (failure.end_offset <= to) continue;
        ++recorded[absl::StrCat(batch->jail, " ", failure.source.ToString())];
      }
      to = std::max(to, batch->failures.back().end_offset);
      if (random() % 3 != 0) {
        outbox_->Acknowledge(batch->jail, batch->log_id, to);
      }
    }
  };
  constexpr int kFailures = 120;
  for (int i = 1; i <= kFailures; ++i) {
    clock_.Advance(absl::Milliseconds(10));
    Fail(absl::StrCat(i / 40, random() % 2), absl::StrCat("203.0.113.", i));
    if (random() % 2 == 0) record();
    if (random() % 5 == 0) RestartAll(jails);
    if (random() % 5 == 0) reader_->FindLogs();
    if (random() % 7 == 0) outbox_->Rewind();
  }
  for (int i = 0; i < 100; ++i) {
    record();
    outbox_->Rewind();
  }
  EXPECT_EQ(recorded.size(), 2u * kFailures);
  for (const auto& [failure, count] : recorded) EXPECT_EQ(count, 1) << failure;
}

}  // namespace
}  // namespace mxban
