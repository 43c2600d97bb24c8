#include "agent/jail_positions.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/idle_source.h"
#include "tests/fakes/fake_local_counter.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class JailPositionsTest : public testing::Test {
 protected:
  // Has `jail` be at `position` of the log `log_id`, as `name` is now.
  WatchedLog& Watch(const std::string& name, const std::string& jail,
                    const std::string& log_id, uint64_t position) {
    Jail watching;
    watching.name = jail;
    watching.filter.fail_regexes = {"<HOST>"};
    WatchedLog& log = logs_[name];
    log.log_id = log_id;
    log.eyes.push_back(
        {.watcher = LogWatcher::Create(watching, absl::UTCTimeZone()).value()});
    log.eyes.back().watcher.TurnTo(log_id, position);
    return log;
  }

  void AddFailure(const std::string& log_id, uint64_t end_offset) {
    ASSERT_TRUE(outbox_.Add("a", log_id,
                            {Failure{IpNetwork::ParseOrDie("192.0.2.1"),
                                     absl::UnixEpoch(), end_offset, "", ""}}));
  }

  FailureOutbox outbox_{100};
  FakeLocalCounter local_counter_;
  WatchedLogs logs_;
  JailPositions positions_{LogPositions{{{"a", "old"}, 7}}};
};

TEST_F(JailPositionsTest, GoesOnFromWhatIsKnown) {
  EXPECT_EQ(positions_.Of("a", "old"), 7u);
  EXPECT_EQ(positions_.Of("b", "old"), 0u);
  EXPECT_EQ(positions_.Of("a", "new"), 0u);
  EXPECT_THAT(positions_.LogIds(), ElementsAre("old"));
  EXPECT_THAT(positions_.Safe(), ElementsAre(Pair(Pair("a", "old"), 7)));
}

TEST_F(JailPositionsTest, RemembersThoseWhoReadTheLogByThisName) {
  Watch("/mail.log", "a", "new", 10);
  Watch("/mail.log", "b", "new", 20).eyes.back().is_double = true;
  positions_.Remember(logs_["/mail.log"]);
  EXPECT_EQ(positions_.Of("a", "new"), 10u);
  EXPECT_EQ(positions_.Of("b", "new"), 0u);
}

TEST_F(JailPositionsTest, WhatWaitsForAcknowledgementIsNotSafe) {
  Watch("/mail.log", "a", "new", 10);
  positions_.Publish(logs_, outbox_);
  EXPECT_EQ((positions_.Safe()[{"a", "new"}]), 10u);

  AddFailure("new", 20);
  AddFailure("new", 30);
  logs_["/mail.log"].eyes[0].watcher.TurnTo("new", 40);
  positions_.Publish(logs_, outbox_);
  EXPECT_EQ((positions_.Safe()[{"a", "new"}]), 10u);

  outbox_.Acknowledge("a", "new", 20);
  positions_.Publish(logs_, outbox_);
  EXPECT_EQ((positions_.Safe()[{"a", "new"}]), 20u);

  outbox_.Acknowledge("a", "new", 30);
  positions_.Publish(logs_, outbox_);
  EXPECT_EQ((positions_.Safe()[{"a", "new"}]), 40u);
}

TEST_F(JailPositionsTest, WhatIsSafeNeverGoesBack) {
  Watch("/mail.log", "a", "old", 3);
  positions_.Publish(logs_, outbox_);
  EXPECT_EQ(positions_.Of("a", "old"), 3u);
  EXPECT_EQ((positions_.Safe()[{"a", "old"}]), 7u);
}

TEST_F(JailPositionsTest, LogsThatAreGoneAreForgotten) {
  Watch("/mail.log", "a", "new", 10).lines =
      std::make_unique<IdleSource>(std::set<std::string>{"new"});
  positions_.Publish(logs_, outbox_);
  positions_.ForgetGone(logs_, outbox_, local_counter_);
  EXPECT_THAT(positions_.LogIds(), ElementsAre("new"));
  EXPECT_THAT(positions_.Safe(), ElementsAre(Pair(Pair("a", "new"), 10)));
  EXPECT_THAT(local_counter_.forgotten(), ElementsAre(Pair("a", "old")));
}

TEST_F(JailPositionsTest, ALogOfWhichFailuresWaitIsNotGoneYet) {
  Watch("/mail.log", "a", "new", 0).lines =
      std::make_unique<IdleSource>(std::set<std::string>{});
  AddFailure("old", 8);
  positions_.ForgetGone(logs_, outbox_, local_counter_);
  EXPECT_THAT(positions_.LogIds(), ElementsAre("old"));
  EXPECT_THAT(local_counter_.forgotten(), IsEmpty());
}

TEST_F(JailPositionsTest, NothingIsGoneBeforeEverybodyHasLooked) {
  positions_.ForgetGone(logs_, outbox_, local_counter_);
  EXPECT_THAT(positions_.LogIds(), ElementsAre("old")) << "nobody looks";
  Watch("/mail.log", "a", "new", 0).lines = std::make_unique<IdleSource>(
      std::set<std::string>{}, /*has_looked=*/false);
  positions_.ForgetGone(logs_, outbox_, local_counter_);
  EXPECT_THAT(positions_.LogIds(), ElementsAre("old"));
}

}  // namespace
}  // namespace mxban
