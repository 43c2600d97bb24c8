// Where a source begins in a file is in log_reader_seek_test.

#include "agent/log_guide.h"

#include <memory>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/agent/idle_source.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr char kName[] = "/mail.log";

class LogGuideTest : public testing::Test {
 protected:
  LogGuideTest() {
    AddEye(kName, "hasty", absl::Minutes(1));
    AddEye(kName, "patient", absl::Hours(1));
    AddEye("/link.log", "hasty", absl::Minutes(1));
    logs_[kName].lines =
        std::make_unique<IdleSource>(std::set<std::string>{"log"});
    logs_["/link.log"].lines =
        std::make_unique<IdleSource>(std::set<std::string>{"log", "other"});
  }

  void AddEye(const std::string& name, const std::string& jail_name,
              absl::Duration find_time) {
    Jail jail;
    jail.name = jail_name;
    jail.filter.fail_regexes = {"<HOST>"};
    jail.filter.join_time = absl::ZeroDuration();
    jail.find_time = find_time;
    logs_[name].eyes.push_back(
        {.watcher = LogWatcher::Create(jail, absl::UTCTimeZone()).value()});
  }

  FakeClock clock_;
  WatchedLogs logs_;
  JailPositions positions_{
      LogPositions{{{"hasty", "log"}, 20}, {{"patient", "log"}, 10}}};
  LogGuide guide_{logs_, positions_, clock_, kName};
};

TEST_F(LogGuideTest, TheJailThatLooksBackFurthestDecidesWhatIsOld) {
  EXPECT_EQ(guide_.Oldest(), clock_.TimeNow() - absl::Minutes(61));
}

TEST_F(LogGuideTest, TheJailThatIsBehindDecidesWhereToGoOn) {
  EXPECT_EQ(guide_.PositionIn("log"), 10u);
  EXPECT_EQ(guide_.PositionIn("new"), 0u);
}

TEST_F(LogGuideTest, EachJailGoesOnWhereItIs) {
  guide_.TurnTo("log");
  EXPECT_EQ(logs_[kName].log_id, "log");
  EXPECT_EQ(logs_[kName].eyes[0].watcher.position(), 20u);
  EXPECT_EQ(logs_[kName].eyes[1].watcher.position(), 10u);
}

TEST_F(LogGuideTest, AJailReadsALogByOneNameOnly) {
  LogGuide other(logs_, positions_, clock_, "/link.log");
  guide_.TurnTo("log");
  other.TurnTo("log");
  EXPECT_FALSE(logs_[kName].eyes[0].is_double);
  EXPECT_TRUE(logs_["/link.log"].eyes[0].is_double);
}

TEST_F(LogGuideTest, KnownIsWhatWasReadOrIsBeingRead) {
  guide_.TurnTo("new");
  EXPECT_THAT(guide_.KnownLogs(),
              UnorderedElementsAre("log", "log", "new", "new"));
}

TEST_F(LogGuideTest, WhatOthersHaveFoundLiesElsewhere) {
  EXPECT_THAT(guide_.LogsElsewhere(), ElementsAre("log", "other"));
}

}  // namespace
}  // namespace mxban
