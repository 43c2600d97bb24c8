// What a reader and its jails make of logs that are rotated.

#include <filesystem>
#include <string>

#include "agent/log_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_F(LogReaderTest, ARotationThatIsWatchedLosesNothing) {
  for (const bool is_copied : {false, true}) {
    logs_.Clear();
    SetCapacity(100);
    WatchAttacks();
    Append(Attack("203.0.113.1"));
    EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
    Append(Attack("203.0.113.2"));
    if (is_copied) {
      logs_.CopyAndTruncate();
    } else {
      logs_.Rename();
    }
    Append(Attack("203.0.113.3") + Attack("203.0.113.4"));
    EXPECT_THAT(Reported(), UnorderedElementsAre("sendmail 203.0.113.2",
                                                 "sendmail 203.0.113.3",
                                                 "sendmail 203.0.113.4"));
    EXPECT_THAT(Reported(), IsEmpty());
    EXPECT_EQ(reader_->statistics().lines, 4);
  }
}

TEST_F(LogReaderTest, RotationsDuringAnAbsenceLoseNothing) {
  for (const bool is_copied : {false, true}) {
    logs_.Clear();
    SetCapacity(100);
    WatchAttacks();
    Append(Attack("203.0.113.1"));
    Reported();
    AcknowledgeAll();
    reader_->Poll();
    for (const char* host : {"203.0.113.2", "203.0.113.3", "203.0.113.4"}) {
      Append(Attack(host));
      if (is_copied) {
        logs_.CopyAndTruncate();
      } else {
        logs_.Rename();
      }
      clock_.Advance(absl::Seconds(1));
    }
    logs_.Compress(3);
    Append(Attack("203.0.113.5"));
    RestartAll({AttackJail()});
    EXPECT_THAT(
        Reported(),
        UnorderedElementsAre("sendmail 203.0.113.2", "sendmail 203.0.113.3",
                             "sendmail 203.0.113.4", "sendmail 203.0.113.5"));
    AcknowledgeAll();
    reader_->Poll();
    RestartAll({AttackJail()});
    EXPECT_THAT(Reported(), IsEmpty());
  }
}

TEST_F(LogReaderTest, OldRotatedLogsAreNotEvenRead) {
  Append(Attack("203.0.113.1", absl::Hours(2)));
  logs_.Rename();
  logs_.SetAge(logs_.Rotated(1), absl::Hours(2));
  Append(Attack("203.0.113.2", absl::Minutes(5)));
  logs_.Rename();
  logs_.SetAge(logs_.Rotated(1), absl::Minutes(5));
  Append(Attack("203.0.113.3"));
  WatchAttacks();
  EXPECT_THAT(Reported(), UnorderedElementsAre("sendmail 203.0.113.2",
                                               "sendmail 203.0.113.3"));
  EXPECT_EQ(reader_->statistics().lines, 2);
}

TEST_F(LogReaderTest, PositionsInLogsThatAreGoneAreForgotten) {
  WatchAttacks();
  Append(Attack("203.0.113.1"));
  Reported();
  const FailureOutbox::Key first = reader_->SafePositions().begin()->first;
  const uint64_t offset = last_offset_;
  logs_.Rename();
  Append(Attack("203.0.113.2"));
  Reported();
  reader_->FindLogs();
  EXPECT_EQ(reader_->SafePositions().size(), 2) << "it is there still";

  std::filesystem::remove(logs_.Rotated(1));
  logs_.Rename();
  Append(Attack("203.0.113.3"));
  Reported();
  reader_->FindLogs();
  EXPECT_EQ(reader_->SafePositions().size(), 3) << "not acknowledged yet";
  AcknowledgeAll();
  EXPECT_TRUE(outbox_->IsAcknowledged("sendmail", first.second, offset));
  reader_->FindLogs();
  EXPECT_EQ(reader_->SafePositions().size(), 2);
  EXPECT_FALSE(reader_->SafePositions().contains(first));
  EXPECT_FALSE(outbox_->IsAcknowledged("sendmail", first.second, offset));
  EXPECT_THAT(local_counter_.forgotten(), ElementsAre(first));
  reader_->Poll();
  EXPECT_FALSE(reader_->SafePositions().contains(first)) << "it stays so";
}

TEST_F(LogReaderTest, EachJailGoesOnWhereItWasInRotatedLogs) {
  Append(Attack("203.0.113.1"));
  reader_->SetJails({AttackJail("a")});
  EXPECT_THAT(Reported(), ElementsAre("a 203.0.113.1"));
  logs_.Rename();
  Append(Attack("203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre("a 203.0.113.2"));
  logs_.AppendTo(logs_.Rotated(1), Attack("203.0.113.3"));
  reader_->SetJails({AttackJail("a"), AttackJail("b")});
  EXPECT_THAT(Reported(),
              UnorderedElementsAre("b 203.0.113.1", "a 203.0.113.3",
                                   "b 203.0.113.3", "b 203.0.113.2"));
  AcknowledgeAll();
  reader_->Poll();
  Append(Attack("203.0.113.4"));
  RestartAll({AttackJail("a"), AttackJail("b")});
  EXPECT_THAT(Reported(),
              UnorderedElementsAre("a 203.0.113.4", "b 203.0.113.4"));
}

TEST_F(LogReaderTest, ALogThatAppearsLateIsReadFromItsBegin) {
  WatchAttacks();
  EXPECT_THAT(Reported(), IsEmpty());
  Append(Attack("203.0.113.1"));
  reader_->FindLogs();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
}

// The watcher's other log, at which it looked before.
TEST_F(LogReaderTest, WhatWaitsSurvivesARotationAndARestart) {
  for (const bool is_compressed : {false, true}) {
    logs_.Clear();
    SetCapacity(100);
    Jail jail = SomeJail("joined", kUserLine);
    jail.filter.fail_regexes.push_back(kHostLine);
    reader_->SetJails({jail});
    Append(Stamped("nothing") + Stamped("1 joe") + Stamped("2 ann"));
    EXPECT_THAT(Reported(), IsEmpty());
    logs_.Rename();
    Append(Stamped("2 from 203.0.113.2"));
    EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.2"));
    AcknowledgeAll();
    reader_->Poll();
    if (is_compressed) logs_.Compress(1);
    RestartAll({jail});
    EXPECT_THAT(Reported(), IsEmpty());
    Append(Stamped("1 from 203.0.113.1"));
    EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.1"));
  }
}

TEST_F(LogReaderTest, WhatWaitsSurvivesSeveralRotations) {
  Jail jail = SomeJail("joined", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  reader_->SetJails({jail});
  Append(Stamped("1 joe"));
  for (const char* line : {"2 ann", "3 bob"}) {
    Reported();
    logs_.Rename();
    clock_.Advance(absl::Seconds(1));
    Append(Stamped(line));
  }
  EXPECT_THAT(Reported(), IsEmpty());
  Append(Stamped("2 from 203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.2"));
  AcknowledgeAll();
  reader_->Poll();
  RestartAll({jail});
  Append(Stamped("3 from 203.0.113.3") + Stamped("1 from 203.0.113.1"));
  EXPECT_THAT(Reported(),
              UnorderedElementsAre("joined 203.0.113.3", "joined 203.0.113.1"));
}

TEST_F(LogReaderTest, BeforeItHasLookedAReaderForgetsNothing) {
  WatchAttacks();
  Append(Attack("203.0.113.1"));
  Reported();
  AcknowledgeAll();
  reader_->Poll();
  const LogPositions positions = reader_->SafePositions();
  Restart(positions);
  reader_->FindLogs();
  EXPECT_EQ(reader_->SafePositions(), positions);
  WatchAttacks();
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_EQ(reader_->SafePositions(), positions);
}

TEST_F(LogReaderTest, WaitingInARotatedLogForgetsNothing) {
  SetCapacity(2);
  WatchAttacks();
  Append(Attack("203.0.113.1") + Attack("203.0.113.2") + Attack("203.0.113.3"));
  EXPECT_EQ(Reported().size(), 2);
  logs_.Rename();
  Append(Attack("203.0.113.4"));
  AcknowledgeAll();
  EXPECT_EQ(Reported().size(), 2);
  AcknowledgeAll();
  reader_->Poll();
  const LogPositions positions = reader_->SafePositions();
  ASSERT_EQ(positions.size(), 2);
  // A jail that is new reads both from the begin, and waits in the first.
  reader_->SetJails({AttackJail(), AttackJail("new")});
  EXPECT_FALSE(reader_->Poll());
  reader_->FindLogs();
  for (const auto& [key, position] : positions) {
    EXPECT_TRUE(reader_->SafePositions().contains(key)) << key.second;
  }
  EXPECT_THAT(local_counter_.forgotten(), IsEmpty());
}

TEST_F(LogReaderTest, WhileAPatternNamesNoLogNothingIsForgotten) {
  WatchAttacks();
  Append(Attack("203.0.113.1"));
  Reported();
  AcknowledgeAll();
  reader_->Poll();
  const LogPositions positions = reader_->SafePositions();
  logs_.Rename();
  RestartAll({AttackJail()});
  reader_->Poll();
  reader_->FindLogs();
  EXPECT_EQ(reader_->SafePositions(), positions);
  Append(Attack("203.0.113.2"));
  reader_->FindLogs();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
}

TEST_F(LogReaderTest, TwoLogsThatBeginWithTheSameLineAreTwoLogs) {
  const std::string first = Stamped("mx1 sm-mta[1]: starting daemon");
  WatchAttacks();
  logs_.AppendTo(logs_.path() + "/mail.info.log",
                 first + Attack("203.0.113.1"));
  reader_->FindLogs();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
  logs_.AppendTo(logs_.path() + "/mail.warn.log",
                 first + Attack("203.0.113.2") + Attack("203.0.113.3"));
  reader_->FindLogs();
  EXPECT_THAT(Reported(),
              ElementsAre("sendmail 203.0.113.2", "sendmail 203.0.113.3"));
}

}  // namespace
}  // namespace mxban
