#include "coordinator/retention.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

JailSet Jails(absl::Duration find_time, absl::Duration ban_memory) {
  Jail usual;
  usual.find_time = absl::Minutes(1);
  usual.ban_memory = absl::Minutes(1);
  Jail longest;
  longest.find_time = find_time;
  longest.ban_memory = ban_memory;
  longest.good_time = absl::Hours(24 * 12);
  return {{"a", usual}, {"b", longest}, {"c", usual}};
}

TEST(RetentionTest, TheLongestOfTheJailsDecides) {
  const Retention retention =
      RetentionAt(kNoon, Jails(absl::Hours(24 * 10), absl::Hours(24)));
  EXPECT_EQ(retention.failures, kNoon - absl::Hours(24 * 20));
  EXPECT_EQ(retention.progress, kNoon - absl::Hours(24 * 20));
  EXPECT_EQ(retention.pardons, kNoon - absl::Hours(24 * 20));
  EXPECT_EQ(retention.ban_counts, kNoon - absl::Hours(24));
  EXPECT_EQ(retention.audit, kNoon - absl::Hours(90 * 24));
  EXPECT_EQ(retention.right_logins, kNoon - absl::Hours(24 * 32));
}

TEST(RetentionTest, PositionsAreKeptForADayAndPardonsForAWeekAtLeast) {
  const Retention retention =
      RetentionAt(kNoon, Jails(absl::Minutes(10), absl::Hours(24)));
  EXPECT_EQ(retention.failures, kNoon - absl::Minutes(20));
  EXPECT_EQ(retention.progress, kNoon - absl::Hours(24));
  EXPECT_EQ(retention.pardons, kNoon - absl::Hours(24 * 7));
}

TEST(RetentionTest, WithoutJailsBansStayCounted) {
  EXPECT_EQ(RetentionAt(kNoon, {}).ban_counts, absl::InfinitePast());
}

}  // namespace
}  // namespace mxban
