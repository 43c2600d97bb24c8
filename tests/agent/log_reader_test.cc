#include "agent/log_reader.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/log_reader_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;

TEST_F(LogReaderTest, ReportsTheFailuresThatALogTells) {
  Append("Nov 23 08:00:00 mx1 sm-mta[1]: nothing\n" + Attack("203.0.113.9"));
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.9"));
  EXPECT_EQ(reader_->statistics().lines, 2);
  EXPECT_EQ(reader_->statistics().failures, 1);
}

TEST_F(LogReaderTest, OneReadingServesAllJails) {
  Append(Attack("203.0.113.9"));
  reader_->SetJails({SomeJail("a", "\\[<HOST>\\]: possible"),
                     SomeJail("b", "\\[<HOST>\\]: possible")});
  EXPECT_THAT(Reported(), ElementsAre("a 203.0.113.9", "b 203.0.113.9"));
  EXPECT_EQ(reader_->statistics().lines, 1);
}

TEST_F(LogReaderTest, AServersOwnAddressesMayChange) {
  WatchAttacks();
  Append(Attack("198.51.100.1") + Attack("198.51.100.2"));
  EXPECT_THAT(Reported(), ElementsAre("sendmail 198.51.100.2"));
  reader_->SetOwnAddresses({IpNetwork::ParseOrDie("198.51.100.2")});
  Append(Attack("198.51.100.1") + Attack("198.51.100.2"));
  EXPECT_THAT(Reported(), ElementsAre("sendmail 198.51.100.1"));
}

TEST_F(LogReaderTest, WhatCanNoLongerCountIsNotReported) {
  Append(Attack("203.0.113.9", absl::Minutes(11)) + Attack("203.0.113.10"));
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.10"));
  EXPECT_EQ(reader_->statistics().too_old, 1);
}

TEST_F(LogReaderTest, GoesOnFromTheSafePositions) {
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  Reported();
  outbox_->Acknowledge(
      "sendmail", reader_->SafePositions().begin()->first.second, last_offset_);
  reader_->Poll();
  const LogPositions positions = reader_->SafePositions();
  Append(Attack("203.0.113.2"));
  Restart(positions);
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
}

TEST_F(LogReaderTest, WhatIsNotAcknowledgedIsReadAgain) {
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  Reported();
  const LogPositions positions = reader_->SafePositions();
  reader_.reset();
  outbox_.emplace(100);
  Restart(positions);
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
}

TEST_F(LogReaderTest, WaitsWithALineThatHasNoRoom) {
  for (int i = 0; i < 150; ++i) Append(Attack(absl::StrCat("203.0.113.", i)));
  WatchAttacks();
  EXPECT_FALSE(reader_->Poll());
  EXPECT_EQ(outbox_->size(), 100);
  EXPECT_EQ(Reported().size(), 100);
  const std::string log_id = reader_->SafePositions().begin()->first.second;
  outbox_->Acknowledge("sendmail", log_id, last_offset_);
  EXPECT_EQ(Reported().size(), 50) << "each exactly once";
}

TEST_F(LogReaderTest, TwoPathsToOneLogCountOnce) {
  Append(Attack("203.0.113.1"));
  std::filesystem::create_symlink(logs_.log(), logs_.path() + "/mail.link.log");
  Jail jail = SomeJail("sendmail", "\\[<HOST>\\]: possible");
  jail.log_paths.push_back(logs_.log());
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
  Append(Attack("203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
  // The one that was read goes, the other is read on.
  Append(Attack("203.0.113.3"));
  jail.log_paths = {logs_.log()};
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.3"));
}

TEST_F(LogReaderTest, AJailThatIsNewReadsWhatCanStillCount) {
  Append(Attack("203.0.113.1"));
  reader_->SetJails({SomeJail("a", "\\[<HOST>\\]: possible")});
  Reported();
  reader_->SetJails({SomeJail("a", "\\[<HOST>\\]: possible"),
                     SomeJail("b", "\\[<HOST>\\]: possible")});
  EXPECT_THAT(Reported(), ElementsAre("b 203.0.113.1"));
}

TEST_F(LogReaderTest, NewJailsGoOnInLogsThatAreOpen) {
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  Reported();
  WatchAttacks();
  Append(Attack("203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
}

TEST_F(LogReaderTest, APathOnTheCommandLineReplacesTheJails) {
  overrides_["sendmail"] = {logs_.path() + "/other"};
  Restart({});
  Append(Attack("203.0.113.1"));
  std::ofstream(logs_.path() + "/other") << Attack("203.0.113.2");
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
}

TEST_F(LogReaderTest, ANameWithoutAnAddressIsCountedNotReported) {
  Append(Attack("mail.example.org") + Attack("203.0.113.1"));
  WatchAttacks();
  // What comes behind waits for the answer, and is not lost.
  std::vector<std::string> reported;
  for (int i = 0; i < 3 && reported.empty(); ++i) {
    reported = Reported();
    clock_.Advance(NameResolver::kPatience);
  }
  EXPECT_THAT(reported, ElementsAre("sendmail 203.0.113.1"));
  EXPECT_EQ(reader_->statistics().without_address, 1);
}

TEST_F(LogReaderTest, WhatWaitsForAnotherLineSurvivesARestart) {
  Jail jail = SomeJail("joined", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  Append(Stamped("1 joe") + Stamped("nothing"));
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), ElementsAre());
  Restart(reader_->SafePositions());
  reader_->SetJails({jail});
  Append(Stamped("1 from 203.0.113.1"));
  EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.1"));
}

TEST_F(LogReaderTest, NewLimitsLeaveWhatIsKnownAlone) {
  Jail jail = SomeJail("joined", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  Append(Stamped("1 joe"));
  reader_->SetJails({jail});
  Reported();
  jail.max_retry = 7;
  reader_->SetJails({jail});
  Append(Stamped("1 from 203.0.113.1"));
  EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.1"));
}

TEST_F(LogReaderTest, AFilterThatDoesNotCompileLeavesTheOthersAlone) {
  Append(Attack("203.0.113.1"));
  reader_->SetJails({SomeJail("broken", "(<HOST>"),
                     SomeJail("sendmail", "\\[<HOST>\\]: possible")});
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
}

TEST_F(LogReaderTest, AFilterThatDoesNotCompileIsTriedOnce) {
  Append(Attack("203.0.113.1"));
  reader_->SetJails({SomeJail("broken", "(<HOST>")});
  EXPECT_THAT(Reported(), ElementsAre());
  reader_->FindLogs();
  EXPECT_THAT(Reported(), ElementsAre());
}

TEST_F(LogReaderTest, ALogThatAJailNamesNoMoreIsLeftAlone) {
  Append(Attack("203.0.113.1"));
  WatchAttacks();
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
  Jail jail = AttackJail();
  jail.log_paths = {logs_.path() + "/other"};
  reader_->SetJails({jail});
  Append(Attack("203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre());
}

TEST_F(LogReaderTest, TheThreadNoticesWhatIsWritten) {
  absl::Mutex mutex;
  bool has_failure = false;
  outbox_->SetCallbacks(
      [&] {
        absl::MutexLock lock(&mutex);
        has_failure = true;
      },
      nullptr);
  WatchAttacks();
  ASSERT_TRUE(reader_->Start().ok());
  Append(Attack("203.0.113.1"));
  absl::MutexLock lock(&mutex);
  EXPECT_TRUE(
      mutex.AwaitWithTimeout(absl::Condition(&has_failure), absl::Seconds(10)));
}

// On a busy server no second passes without news.
TEST_F(LogReaderTest, ANewLogIsFoundHoweverBusyTheOthersAre) {
  WatchAttacks();
  Append("harmless\n");
  ASSERT_TRUE(reader_->Start().ok());
  while (reader_->statistics().lines == 0) Append("harmless\n");
  logs_.AppendTo(logs_.path() + "/mail.new.log", Attack("203.0.113.1"));
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (outbox_->size() == 0 && absl::Now() < deadline) {
    Append("harmless\n");
  }
  EXPECT_EQ(outbox_->size(), 1);
}

}  // namespace
}  // namespace mxban
