// On real files, polled by hand.

#include "agent/log_reader.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

using testing::ElementsAre;

class LogReaderTest : public testing::Test {
 protected:
  LogReaderTest()
      : directory_(
            testing::TempDir() + "/" +
            testing::UnitTest::GetInstance()->current_test_info()->name()),
        log_(directory_ + "/mail.log") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Restart({});
  }

  void Restart(LogPositions positions) {
    LogReader::Options options;
    options.positions = std::move(positions);
    options.time_zone = absl::UTCTimeZone();
    options.log_paths = overrides_;
    options.own_addresses = {IpNetwork::ParseOrDie("198.51.100.1")};
    options.look_up_name = [](const std::string&) {
      return std::vector<IpNetwork>{};
    };
    reader_.emplace(*outbox_, clock_, std::move(options));
  }

  Jail SomeJail(const char* name, const char* fail_regex) {
    Jail jail;
    jail.name = name;
    jail.filter.fail_regexes = {fail_regex};
    jail.log_paths = {directory_ + "/mail*.log"};
    jail.find_time = absl::Minutes(10);
    return jail;
  }

  void WatchAttacks() {
    reader_->SetJails(
        {SomeJail("sendmail", "\\[<HOST>\\]: possible SMTP attack")});
  }

  void Append(const std::string& text) {
    std::ofstream(log_, std::ios::app) << text;
  }

  // A line that a jail of WatchAttacks() takes for a failure of `host`.
  std::string Attack(const std::string& host,
                     absl::Duration age = absl::ZeroDuration()) {
    return absl::StrCat(
        absl::FormatTime("%b %e %H:%M:%S", clock_.TimeNow() - age,
                         absl::UTCTimeZone()),
        " mx1 sm-mta[1195]: o0LNaCc5001195: [", host,
        "]: possible SMTP attack: command=AUTH, count=5\n");
  }

  std::vector<std::string> Reported() {
    reader_->Poll();
    std::vector<std::string> sources;
    while (const auto batch = outbox_->Take(100)) {
      for (const Failure& failure : batch->failures) {
        sources.push_back(
            absl::StrCat(batch->jail, " ", failure.source.ToString()));
        last_offset_ = failure.end_offset;
      }
    }
    return sources;
  }

  const std::string directory_;
  const std::string log_;
  absl::btree_map<std::string, std::vector<std::string>> overrides_;
  FakeClock clock_;
  std::optional<FailureOutbox> outbox_{std::in_place, 100};
  uint64_t last_offset_ = 0;  // Of the last failure reported.
  std::optional<LogReader> reader_;
};

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
  std::filesystem::create_symlink(log_, directory_ + "/mail.link.log");
  Jail jail = SomeJail("sendmail", "\\[<HOST>\\]: possible");
  jail.log_paths.push_back(log_);
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.1"));
  Append(Attack("203.0.113.2"));
  EXPECT_THAT(Reported(), ElementsAre("sendmail 203.0.113.2"));
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
  overrides_["sendmail"] = {directory_ + "/other"};
  Restart({});
  Append(Attack("203.0.113.1"));
  std::ofstream(directory_ + "/other") << Attack("203.0.113.2");
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

// Names the sender in one line and his host in another, as `1 joe` and
// `1 from 203.0.113.1`.
constexpr char kUserLine[] = "^\\s*<F-MLFID>\\d</F-MLFID> \\w+$";
constexpr char kHostLine[] =
    "^\\s*<F-MLFID>\\d</F-MLFID> <F-NOFAIL>from</F-NOFAIL> <HOST>$";

TEST_F(LogReaderTest, WhatWaitsForAnotherLineSurvivesARestart) {
  Jail jail = SomeJail("joined", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  const std::string stamp = absl::FormatTime(
      "%b %e %H:%M:%S ", clock_.TimeNow(), absl::UTCTimeZone());
  Append(stamp + "1 joe\n" + stamp + "nothing\n");
  reader_->SetJails({jail});
  EXPECT_THAT(Reported(), ElementsAre());
  Restart(reader_->SafePositions());
  reader_->SetJails({jail});
  Append(stamp + "1 from 203.0.113.1\n");
  EXPECT_THAT(Reported(), ElementsAre("joined 203.0.113.1"));
}

TEST_F(LogReaderTest, NewLimitsLeaveWhatIsKnownAlone) {
  Jail jail = SomeJail("joined", kUserLine);
  jail.filter.fail_regexes.push_back(kHostLine);
  const std::string stamp = absl::FormatTime(
      "%b %e %H:%M:%S ", clock_.TimeNow(), absl::UTCTimeZone());
  Append(stamp + "1 joe\n");
  reader_->SetJails({jail});
  Reported();
  jail.max_retry = 7;
  reader_->SetJails({jail});
  Append(stamp + "1 from 203.0.113.1\n");
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
  Jail jail = SomeJail("sendmail", "\\[<HOST>\\]: possible SMTP attack");
  jail.log_paths = {directory_ + "/other"};
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

}  // namespace
}  // namespace mxban
