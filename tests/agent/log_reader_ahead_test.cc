// While nobody empties the outbox a reader goes on without it.

#include <string>
#include <vector>

#include "agent/log_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

class LogReaderAheadTest : public LogReaderTest {
 protected:
  LogReaderAheadTest() {
    SetCapacity(10);
    WatchAttacks();
    reader_->SetAlone(true);
  }

  // Writes that many more failures.
  void AppendAttacks(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string host = absl::StrCat("203.0.113.", written_.size());
      Append(Attack(host));
      written_.push_back("sendmail " + host);
    }
  }

  // All that is reported to a coordinator that answers at once.
  std::vector<std::string> ReportedInTheEnd() {
    std::vector<std::string> all;
    for (int i = 0; i < 50; ++i) {
      for (std::string& failure : Reported()) all.push_back(std::move(failure));
      AcknowledgeAll();
    }
    return all;
  }

  std::vector<std::string> written_;
};

TEST_F(LogReaderAheadTest, AloneAReaderDoesNotWaitForRoom) {
  AppendAttacks(35);
  EXPECT_TRUE(reader_->Poll());
  EXPECT_EQ(outbox_->size(), 10);
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  AppendAttacks(15);
  EXPECT_TRUE(reader_->Poll());
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  EXPECT_EQ(local_counter_.repeated_lines(), 0);
  EXPECT_EQ(reader_->statistics().failures, 10) << "the others were not told";
}

TEST_F(LogReaderAheadTest, WithACoordinatorItWaits) {
  reader_->SetAlone(false);
  AppendAttacks(35);
  EXPECT_FALSE(reader_->Poll());
  EXPECT_EQ(local_counter_.failures().size(), 11) << "the one that waits, too";
}

TEST_F(LogReaderAheadTest, WhatWasReadAheadIsReadAgainAndReportedOnce) {
  AppendAttacks(35);
  reader_->Poll();
  reader_->SetAlone(false);
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  AppendAttacks(5);
  EXPECT_EQ(ReportedInTheEnd().size(), 5);
  EXPECT_EQ(reader_->statistics().failures, 40);
}

TEST_F(LogReaderAheadTest, ItIsReadAgainOnceThereIsRoom) {
  AppendAttacks(35);
  reader_->Poll();
  reader_->SetAlone(false);
  EXPECT_TRUE(reader_->Poll()) << "goes on ahead";
  EXPECT_EQ(outbox_->size(), 10);
  AppendAttacks(1);
  EXPECT_TRUE(reader_->Poll());
  EXPECT_EQ(outbox_->size(), 10);
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, AloneAgainWhileItReadsAgain) {
  AppendAttacks(45);
  reader_->Poll();
  reader_->SetAlone(false);
  std::vector<std::string> all = Reported();
  AcknowledgeAll();
  for (std::string& failure : Reported()) all.push_back(std::move(failure));
  reader_->SetAlone(true);
  EXPECT_TRUE(reader_->Poll());
  AppendAttacks(3);
  EXPECT_TRUE(reader_->Poll());
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  reader_->SetAlone(false);
  for (std::string& failure : ReportedInTheEnd()) {
    all.push_back(std::move(failure));
  }
  EXPECT_THAT(all, ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, ARestartBeginsWhereItWentAhead) {
  AppendAttacks(35);
  std::vector<std::string> all = Reported();
  AcknowledgeAll();
  reader_->Poll();
  EXPECT_EQ(reader_->SafePositions().begin()->second, last_offset_);
  RestartAll({AttackJail()});
  for (std::string& failure : ReportedInTheEnd()) {
    all.push_back(std::move(failure));
  }
  EXPECT_THAT(all, ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, WhatIsNotAcknowledgedHoldsTheSafePositionBack) {
  AppendAttacks(35);
  reader_->Poll();
  EXPECT_EQ(reader_->SafePositions().begin()->second, 0);
  RestartAll({AttackJail()});
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, ARestartFindsWhatWasReadAheadBeforeARotation) {
  AppendAttacks(35);
  reader_->Poll();
  logs_.Rename();
  AppendAttacks(10);
  reader_->Poll();
  logs_.Rename();
  logs_.Compress(2);
  AppendAttacks(10);
  EXPECT_TRUE(reader_->Poll());
  EXPECT_THAT(local_counter_.failures(), ElementsAreArray(written_));
  RestartAll({AttackJail()});
  EXPECT_THAT(ReportedInTheEnd(), UnorderedElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, AJailThatIsNotAheadIsNotDisturbed) {
  Jail other = SomeJail("other", "\\[<HOST>\\]: innocent");
  reader_->SetJails({AttackJail(), other});
  Append(Stamped("[198.51.100.7]: innocent"));
  AppendAttacks(20);
  reader_->Poll();
  reader_->SetAlone(false);
  std::vector<std::string> expected = written_;
  expected.push_back("other 198.51.100.7");
  EXPECT_THAT(ReportedInTheEnd(), UnorderedElementsAreArray(expected));
  Append(Stamped("[198.51.100.8]: innocent"));
  EXPECT_THAT(ReportedInTheEnd(), ElementsAre("other 198.51.100.8"));
}

TEST_F(LogReaderAheadTest, NewLimitsMeanwhileChangeNothing) {
  AppendAttacks(35);
  reader_->Poll();
  Jail jail = AttackJail();
  jail.max_retry = 7;
  reader_->SetJails({jail});
  AppendAttacks(1);
  reader_->Poll();
  reader_->SetAlone(false);
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, AnotherFilterMeanwhileBeginsWhereItWentAhead) {
  AppendAttacks(35);
  reader_->Poll();
  reader_->SetJails({SomeJail("sendmail", "\\[<HOST>\\]: possible SMTP")});
  reader_->Poll();
  reader_->SetAlone(false);
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
}

TEST_F(LogReaderAheadTest, WhatWaitsForAnotherLineIsReadAgain) {
  Jail jail = SomeJail("sendmail", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  jail.filter.fail_regexes.push_back("\\[<HOST>\\]: possible SMTP attack");
  reader_->SetJails({jail});
  AppendAttacks(5);
  Append(Stamped("1 joe"));
  AppendAttacks(15);
  reader_->Poll();
  reader_->SetAlone(false);
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
  Append(Stamped("1 from 198.51.100.7"));
  EXPECT_THAT(ReportedInTheEnd(), ElementsAre("sendmail 198.51.100.7"));
}

TEST_F(LogReaderAheadTest, WithNothingReadAheadNothingIsReadAgain) {
  AppendAttacks(5);
  reader_->Poll();
  const uint64_t lines = reader_->statistics().lines;
  reader_->SetAlone(false);
  EXPECT_THAT(ReportedInTheEnd(), ElementsAreArray(written_));
  EXPECT_EQ(reader_->statistics().lines, lines);
  EXPECT_THAT(Reported(), IsEmpty());
}

}  // namespace
}  // namespace mxban
