#include "ctl/format.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(FormatTest, CountsHaveTheirUnit) {
  EXPECT_EQ(SayCount(0, "ban"), "no bans");
  EXPECT_EQ(SayCount(1, "ban"), "1 ban");
  EXPECT_EQ(SayCount(2, "ban"), "2 bans");
  EXPECT_EQ(SayCount(1'234'567, "failure"), "1,234,567 failures");
}

TEST(FormatTest, NumbersAreGroupedByThousands) {
  EXPECT_EQ(SayNumber(0), "0");
  EXPECT_EQ(SayNumber(999), "999");
  EXPECT_EQ(SayNumber(1'000), "1,000");
  EXPECT_EQ(SayNumber(123'456), "123,456");
  EXPECT_EQ(SayNumber(std::numeric_limits<uint64_t>::max()),
            "18,446,744,073,709,551,615");
}

struct DurationCase {
  absl::Duration duration;
  const char* want;
};

TEST(FormatTest, DurationsHaveTheirTwoLargestUnits) {
  const std::vector<DurationCase> cases = {
      {absl::Seconds(-5), "under 1 ms"},
      {absl::ZeroDuration(), "under 1 ms"},
      {absl::Microseconds(400), "under 1 ms"},
      {absl::Microseconds(3'600), "4 ms"},
      {absl::Milliseconds(999), "999 ms"},
      {absl::Microseconds(999'700), "1 s"},
      {absl::Milliseconds(1'500), "1.5 s"},
      {absl::Milliseconds(9'940), "9.9 s"},
      {absl::Milliseconds(9'960), "10 s"},
      {absl::Seconds(59), "59 s"},
      {absl::Milliseconds(59'800), "1 min"},
      {absl::Seconds(90), "1 min 30 s"},
      {absl::Minutes(10), "10 min"},
      {absl::Milliseconds(3'599'700), "1 h"},
      {absl::Hours(7) + absl::Minutes(58), "7 h 58 min"},
      {absl::Hours(8) - absl::Seconds(1), "8 h"},
      {absl::Hours(24) - absl::Seconds(1), "1 d"},
      {absl::Hours(76), "3 d 4 h"},
      {absl::Hours(24 * 365), "365 d"},
      {absl::Hours(24) * 999'999, "999999 d"},
      {absl::Seconds(std::numeric_limits<int64_t>::max()), "ever"},
      {absl::InfiniteDuration(), "ever"},
      {-absl::InfiniteDuration(), "under 1 ms"},
  };
  for (const DurationCase& test : cases) {
    EXPECT_EQ(SayDuration(test.duration), test.want) << test.duration;
  }
}

TEST(FormatTest, ThePastHasItsLargestUnit) {
  const std::vector<DurationCase> cases = {
      {absl::Seconds(-30), "just now"},  {absl::Milliseconds(900), "just now"},
      {absl::Seconds(1), "1 s ago"},     {absl::Seconds(59), "59 s ago"},
      {absl::Seconds(179), "2 min ago"}, {absl::Hours(5), "5 h ago"},
      {absl::Hours(49), "2 d ago"},
  };
  for (const DurationCase& test : cases) {
    EXPECT_EQ(SayAgo(kNow - test.duration, kNow), test.want) << test.duration;
  }
}

TEST(FormatTest, ATimeIsTheDayAndTheTimeOfDay) {
  EXPECT_EQ(SayTime(absl::FromUnixSeconds(1'700'000'000), absl::UTCTimeZone()),
            "2023-11-14 22:13:20");
}

TEST(FormatTest, TheFutureHasItsTwoLargestUnits) {
  const std::vector<DurationCase> cases = {
      {absl::Seconds(-30), "any moment"},
      {absl::Milliseconds(400), "any moment"},
      {absl::Seconds(30), "in 30 s"},
      {absl::Hours(7) + absl::Minutes(58), "in 7 h 58 min"},
      {absl::InfiniteDuration(), "never"},
  };
  for (const DurationCase& test : cases) {
    EXPECT_EQ(SayIn(kNow + test.duration, kNow), test.want) << test.duration;
  }
}

TEST(FormatTest, WhatNeverEndsIsForEver) {
  EXPECT_EQ(SayEnd(kNow + absl::Seconds(30), kNow), "ends in 30 s");
  EXPECT_EQ(SayEnd(absl::InfiniteFuture(), kNow), "for ever");
}

TEST(FormatTest, AbsurdTimesOfTheWireAreFarAwayNotUndefined) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(std::numeric_limits<int64_t>::max());
  timestamp.set_nanos(std::numeric_limits<int32_t>::max());
  EXPECT_EQ(SayIn(FromProto(timestamp), kNow), "never");
  timestamp.set_seconds(std::numeric_limits<int64_t>::min());
  EXPECT_NE(SayAgo(FromProto(timestamp), kNow), "just now");
}

}  // namespace
}  // namespace mxban::ctl
