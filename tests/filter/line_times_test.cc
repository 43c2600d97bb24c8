#include "filter/line_times.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 12, 0, 0), absl::UTCTimeZone());

class LineTimesTest : public testing::Test {
 protected:
  // What is left of a line, and how many seconds ago it was.
  std::string Cut(absl::string_view text, absl::Time now = kNow,
                  std::optional<absl::Time> given = std::nullopt,
                  absl::string_view unread = "") {
    const LineTimes::Line line = times_.Cut(text, now, given, unread);
    return absl::StrCat(
        line.before, "|", line.behind, "|",
        line.time ? absl::ToInt64Seconds(kNow - *line.time) : -1);
  }

  LineTimes times_{*DatePattern::Compile({}, absl::UTCTimeZone())};
};

TEST_F(LineTimesTest, TheStampIsCutOut) {
  EXPECT_EQ(Cut("Nov 23 11:59:50 mx x"), "| mx x|10");
  EXPECT_EQ(Cut("[2026-11-23 11:59:40] x"), "[|] x|20");
}

TEST_F(LineTimesTest, ARecentTimeIsInherited) {
  EXPECT_EQ(Cut("x"), "x||-1");
  Cut("Nov 23 11:59:50 x");
  EXPECT_EQ(Cut("x"), "x||10");
  EXPECT_EQ(Cut("x", kNow + absl::Seconds(50)), "x||-1") << "a minute later";
}

TEST_F(LineTimesTest, WhatIsGivenIsBelieved) {
  EXPECT_EQ(Cut("Nov 23 11:59:50 x", kNow, kNow - absl::Seconds(3)),
            "Nov 23 11:59:50 x||3");
  EXPECT_EQ(Cut("x"), "x||3");
}

TEST_F(LineTimesTest, LinesPassedOverLeaveTheirTime) {
  times_.Learn("Nov 23 11:59:30 x\nNov 23 11:59:40 x\r\nx\n", kNow);
  EXPECT_EQ(Cut("x"), "x||20");
  times_.Learn("nothing\n", kNow);
  EXPECT_EQ(Cut("x"), "x||20");
}

TEST_F(LineTimesTest, ALineWithoutAStampLearnsFromThoseBefore) {
  EXPECT_EQ(Cut("x", kNow, std::nullopt, "Nov 23 11:59:30 x\nx\n"), "x||30");
  EXPECT_EQ(Cut("Nov 23 11:59:50 x", kNow, std::nullopt, "Nov 23 11:59:40 x\n"),
            "| x|10");
  EXPECT_EQ(Cut("x"), "x||10");
}

TEST_F(LineTimesTest, AskingForAStampChangesNothing) {
  EXPECT_EQ(times_.StampOf("Nov 23 11:59:50 x\n", kNow),
            kNow - absl::Seconds(10));
  EXPECT_EQ(times_.StampOf("x", kNow), std::nullopt);
  EXPECT_EQ(Cut("x"), "x||-1");
}

TEST_F(LineTimesTest, KindsOfStampsAreCounted) {
  Cut("Nov 23 11:59:50 x");
  Cut("Nov 23 11:59:51 x");
  uint64_t hits = 0;
  for (const uint64_t count : times_.hits()) hits += count;
  EXPECT_EQ(hits, 2);
  EXPECT_EQ(times_.hits().size(), times_.names().size());
}

}  // namespace
}  // namespace mxban
