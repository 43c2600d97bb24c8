#include "agent/log_watcher.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_local_counter.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 12, 0, 0), absl::UTCTimeZone());

class LogWatcherTest : public testing::Test {
 protected:
  LogWatcherTest() { jail_.name = "jail"; }

  LogWatcher& Watch(const std::string& fail_regex) {
    jail_.filter.fail_regexes = {fail_regex};
    watcher_.emplace(LogWatcher::Create(jail_, absl::UTCTimeZone()).value());
    watcher_->TurnTo("log", 0);
    return *watcher_;
  }

  // Reads a line; false if it was refused.
  bool Read(const std::string& line) {
    const uint64_t end = offset_ + line.size() + 1;
    if (!watcher_->Read(surroundings_,
                        {.text = line, .begin = offset_, .end = end},
                        std::nullopt, kNow, counts_)) {
      return false;
    }
    offset_ = end;
    return true;
  }

  std::vector<std::string> Reported() {
    std::vector<std::string> sources;
    while (const auto batch = outbox_.Take(100)) {
      for (const Failure& failure : batch->failures) {
        sources.push_back(failure.source.ToString());
      }
    }
    return sources;
  }

  Jail jail_;
  std::optional<LogWatcher> watcher_;
  FailureOutbox outbox_{4};
  NameResolver names_{
      [](const std::string&) { return std::vector<IpNetwork>{}; }, [] {}};
  const std::vector<IpNetwork> own_ = {IpNetwork::ParseOrDie("192.0.2.77")};
  FakeLocalCounter local_counter_;
  std::atomic<bool> is_alone_ = false;
  std::atomic<bool> is_stopping_ = false;
  LogWatcher::Surroundings surroundings_{outbox_,   local_counter_, names_,
                                         is_alone_, is_stopping_,   own_};
  LogWatcher::Counts counts_;
  uint64_t offset_ = 0;
};

TEST_F(LogWatcherTest, OneLineCanTellSeveralFailures) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 3 x 192.0.2.1"));
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.1", "192.0.2.1", "192.0.2.1"));
  EXPECT_EQ(counts_.failures, 3u);
}

TEST_F(LogWatcherTest, ARefusedLineIsMatchedOnce) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 3 x 192.0.2.1"));
  EXPECT_FALSE(Read("Nov 23 11:59:00 2 x 192.0.2.2")) << "no room";
  EXPECT_FALSE(Read("Nov 23 11:59:00 2 x 192.0.2.2"));
  Reported();
  outbox_.Acknowledge("jail", "log", offset_);
  EXPECT_TRUE(Read("Nov 23 11:59:00 2 x 192.0.2.2"));
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.2", "192.0.2.2"));
  EXPECT_EQ(counts_.failures, 5u);
}

TEST_F(LogWatcherTest, WithoutAStampALineMustBeNew) {
  Watch("^x <HOST>$");
  EXPECT_TRUE(Read("x 192.0.2.1"));
  EXPECT_THAT(Reported(), IsEmpty()) << "it may be years old";
  EXPECT_EQ(counts_.without_time, 1u);
  watcher_->set_caught_up();
  EXPECT_TRUE(Read("x 192.0.2.1"));
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.1"));
}

TEST_F(LogWatcherTest, OwnAddressesDoNotCountUnlessAsked) {
  Watch("<HOST>$");
  Read("Nov 23 11:59:00 192.0.2.77");
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_EQ(counts_.own, 1u);
  jail_.ignore_self = false;
  EXPECT_TRUE(watcher_->Adopt(jail_));
  Read("Nov 23 11:59:00 192.0.2.77");
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.77"));
}

TEST_F(LogWatcherTest, NetworksCountUpToAWidth) {
  Watch("<SUBNET>$");
  Read("Nov 23 11:59:00 x 192.0.2.9/24");
  Read("Nov 23 11:59:00 x 192.0.2.9/23");
  Read("Nov 23 11:59:00 x 2001:db8::/48");
  Read("Nov 23 11:59:00 x 2001:db8::/47");
  Read("Nov 23 11:59:00 x 192.0.2.9/33");
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.0/24", "2001:db8::/48"));
  EXPECT_EQ(counts_.without_address, 3u);
}

TEST_F(LogWatcherTest, AnIdThatIsNoAddressNamesNobody) {
  Watch("<F-ID>\\w+</F-ID> <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 joe 192.0.2.1"));
  EXPECT_THAT(Reported(), IsEmpty());
  EXPECT_EQ(counts_.without_address, 1u);
}

TEST_F(LogWatcherTest, AnExpressionThatGivesUpIsNamed) {
  Watch("^(a+)+ <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00" + std::string(60'000, 'a') + "! x"));
  EXPECT_TRUE(Read(std::string(60'000, 'a') + "! x"));
  EXPECT_EQ((counts_.limit_hits[{"jail", "failregex 1"}]), 1u);
}

TEST_F(LogWatcherTest, WhatALogToldIsNotReportedForAnother) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 3 x 192.0.2.1"));
  offset_ = 0;
  watcher_->TurnTo("log 2", 0);
  EXPECT_FALSE(Read("Nov 23 11:59:00 2 x 192.0.2.2")) << "no room";
  watcher_->TurnTo("log 3", 0);
  Reported();
  outbox_.Acknowledge("jail", "log", 1000);
  EXPECT_TRUE(Read("Nov 23 11:59:00 2 x 192.0.2.3"));
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.3", "192.0.2.3"));
}

TEST_F(LogWatcherTest, AnotherFilterIsNotAdopted) {
  Watch("<HOST>");
  Jail other = jail_;
  other.filter.fail_regexes = {"x <HOST>"};
  EXPECT_FALSE(watcher_->Adopt(other));
}

TEST_F(LogWatcherTest, EveryFailureIsCountedHereToo) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  Read("Nov 23 11:59:00 2 x 192.0.2.1");
  Read("Nov 23 11:59:00 nothing");
  Read("Nov 23 11:59:00 1 x 192.0.2.77");  // Our own.
  Read("Nov 23 09:59:00 1 x 192.0.2.2");   // Too old.
  Read("Nov 23 11:59:00 1 x 192.0.2.3");
  EXPECT_THAT(
      local_counter_.failures(),
      ElementsAre("jail 192.0.2.1", "jail 192.0.2.1", "jail 192.0.2.3"));
}

TEST_F(LogWatcherTest, RightLoginsAreReportedInTheOrderOfLines) {
  jail_.filter.success_regexes = {"good <F-USER>.+</F-USER> at <HOST>$"};
  jail_.find_time = absl::Minutes(10);
  jail_.good_time = absl::Hours(2);
  Watch("bad <F-USER>.+</F-USER> at <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 bad bob at 192.0.2.1"));
  EXPECT_TRUE(Read("Nov 23 11:59:01 good al\x01ice at 192.0.2.1"));
  EXPECT_TRUE(
      Read("Nov 23 11:59:02 bad " + std::string(99, 'x') + " at 192.0.2.2"));
  EXPECT_TRUE(Read("Nov 23 10:00:01 good carol at 2001:db8::1"));
  const uint64_t end = offset_;
  EXPECT_TRUE(Read("Nov 23 10:00:00 good dave at 192.0.2.1")) << "too old";
  EXPECT_TRUE(Read("good dave at 192.0.2.1")) << "of an unknown time";
  EXPECT_TRUE(Read("Nov 23 11:59:03 good dave at mx.example")) << "a name";
  EXPECT_TRUE(Read("Nov 23 11:59:03 good dave at 192.0.2.77")) << "our own";
  const auto batch = outbox_.Take(100);
  ASSERT_EQ(batch->failures.size(), 2);
  EXPECT_EQ(batch->failures[0].user, "bob");
  EXPECT_EQ(batch->failures[1].user, std::string(64, 'x'));
  ASSERT_EQ(batch->right_logins.size(), 2);
  EXPECT_EQ(batch->right_logins[0].user, "al\\x01ice");
  EXPECT_EQ(batch->right_logins[0].time, kNow - absl::Seconds(59));
  EXPECT_LT(batch->failures[0].end_offset, batch->right_logins[0].end_offset);
  EXPECT_LT(batch->right_logins[0].end_offset, batch->failures[1].end_offset);
  EXPECT_EQ(batch->right_logins[1].user, "carol");
  EXPECT_EQ(batch->right_logins[1].end_offset, end);
  EXPECT_EQ(counts_.right_logins, 2u);
  EXPECT_EQ(counts_.failures, 2u);
  EXPECT_EQ(counts_.own + counts_.too_old + counts_.without_address, 0u)
      << "are of failures";
  EXPECT_THAT(
      local_counter_.right_logins(),
      ElementsAre("jail 192.0.2.1 al\\x01ice", "jail 2001:db8::1 carol"));
}

TEST_F(LogWatcherTest, ARightLoginWaitsForRoom) {
  jail_.filter.success_regexes = {"good <F-USER>\\w+</F-USER> at <IP4>$"};
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  EXPECT_TRUE(Read("Nov 23 11:59:00 4 x 192.0.2.1"));
  EXPECT_FALSE(Read("Nov 23 11:59:00 good alice at 192.0.2.1"));
  EXPECT_EQ(watcher_->position(), offset_);
  Reported();
  outbox_.Acknowledge("jail", "log", offset_);
  EXPECT_TRUE(Read("Nov 23 11:59:00 good alice at 192.0.2.1"));
  EXPECT_EQ(outbox_.Take(9)->right_logins.size(), 1);
}

TEST_F(LogWatcherTest, AloneItReadsAheadOfAFullOutbox) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  is_alone_ = true;
  EXPECT_TRUE(Read("Nov 23 11:59:00 3 x 192.0.2.1"));
  EXPECT_FALSE(watcher_->is_ahead());
  const uint64_t end = watcher_->position();
  for (const char* line :
       {"Nov 23 11:59:00 2 x 192.0.2.2", "Nov 23 11:59:00 nothing",
        "Nov 23 11:59:00 1 x 192.0.2.3"}) {
    EXPECT_TRUE(Read(line));
    EXPECT_TRUE(watcher_->is_ahead());
    EXPECT_EQ(watcher_->position(), end);
    EXPECT_THAT(watcher_->SafePositions(),
                ElementsAre(std::pair<std::string, uint64_t>("log", end)));
  }
  EXPECT_EQ(outbox_.size(), 3) << "though one more would have fit";
  EXPECT_EQ(counts_.failures, 3u);
  EXPECT_EQ(local_counter_.failures().size(), 6);
}

TEST_F(LogWatcherTest, InTheNextLogItIsAheadFromItsBegin) {
  Watch("<F-REPEATED>\\d</F-REPEATED> x <HOST>$");
  is_alone_ = true;
  Read("Nov 23 11:59:00 3 x 192.0.2.1");
  Read("Nov 23 11:59:00 3 x 192.0.2.2");
  offset_ = 10;
  watcher_->TurnTo("log 2", 10);
  Read("Nov 23 11:59:00 3 x 192.0.2.3");
  EXPECT_EQ(watcher_->position(), 10);
  EXPECT_TRUE(watcher_->is_ahead());
}

TEST_F(LogWatcherTest, WhatWaitsHoldsBackTheSafePositionOfItsLog) {
  jail_.filter.fail_regexes = {
      "^\\s*<F-MLFID>\\d</F-MLFID> \\w+$",
      "^\\s*<F-MLFID>\\d</F-MLFID> <F-NOFAIL>from</F-NOFAIL> <HOST>$"};
  watcher_.emplace(LogWatcher::Create(jail_, absl::UTCTimeZone()).value());
  using Positions = std::vector<std::pair<std::string, uint64_t>>;
  watcher_->TurnTo("log", 0);
  Read("nothing");
  const uint64_t joe = offset_;
  Read("Nov 23 11:59:00 1 joe");
  EXPECT_EQ(watcher_->SafePositions(), (Positions{{"log", joe}}));
  offset_ = 0;
  watcher_->TurnTo("log 2", 0);
  Read("Nov 23 11:59:00 2 ann");
  EXPECT_EQ(watcher_->SafePositions(), (Positions{{"log 2", 0}, {"log", joe}}));
  Read("Nov 23 11:59:00 2 from 192.0.2.2");
  EXPECT_EQ(watcher_->SafePositions(),
            (Positions{{"log 2", offset_}, {"log", joe}}));
  offset_ = 0;
  watcher_->TurnTo("log 3", 0);
  Read("Nov 23 11:59:00 1 from 192.0.2.1");
  EXPECT_EQ(watcher_->SafePositions(), (Positions{{"log 3", offset_}}));
  EXPECT_THAT(Reported(), ElementsAre("192.0.2.2", "192.0.2.1"));
}

TEST_F(LogWatcherTest, TellsTheStampOfALine) {
  Watch("<HOST>$");
  EXPECT_EQ(watcher_->StampOf("Nov 23 11:59:00 x", kNow),
            kNow - absl::Minutes(1));
  EXPECT_EQ(watcher_->StampOf("x", kNow), std::nullopt);
}

TEST_F(LogWatcherTest, WhatARefusedLineCompletesIsSafeUntilItIsReported) {
  jail_.filter.fail_regexes = {
      "<F-REPEATED>\\d</F-REPEATED> x <HOST>$",
      "^\\s*<F-MLFID>\\d</F-MLFID> \\w+$",
      "^\\s*<F-MLFID>\\d</F-MLFID> <F-NOFAIL>from</F-NOFAIL> <HOST>$"};
  watcher_.emplace(LogWatcher::Create(jail_, absl::UTCTimeZone()).value());
  watcher_->TurnTo("log", 0);
  using Positions = std::vector<std::pair<std::string, uint64_t>>;
  EXPECT_TRUE(Read("Nov 23 11:59:00 4 x 192.0.2.1"));
  const uint64_t joe = offset_;
  EXPECT_TRUE(Read("Nov 23 11:59:00 1 joe"));
  EXPECT_FALSE(Read("Nov 23 11:59:00 1 from 192.0.2.2")) << "no room";
  EXPECT_EQ(watcher_->SafePositions(), (Positions{{"log", joe}}));
}

}  // namespace
}  // namespace mxban
