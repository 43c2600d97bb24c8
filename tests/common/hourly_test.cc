#include "common/hourly.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(HourlyTest, IsDueAtOnceAndThenEveryHour) {
  const absl::Time begin = absl::UnixEpoch();
  Hourly hourly;
  EXPECT_TRUE(hourly.IsDue(begin));
  EXPECT_FALSE(hourly.IsDue(begin + absl::Minutes(59)));
  EXPECT_TRUE(hourly.IsDue(begin + absl::Minutes(60)));
  EXPECT_FALSE(hourly.IsDue(begin + absl::Minutes(61)));
}

}  // namespace
}  // namespace mxban
