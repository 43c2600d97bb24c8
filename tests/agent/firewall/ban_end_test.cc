#include <optional>

#include "absl/time/time.h"
#include "agent/firewall/firewall.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kNever = absl::InfiniteFuture();

TEST(EndStandsTest, ForgivesTheKernelItsWholeSeconds) {
  const absl::Time end = kNow + absl::Minutes(5);
  EXPECT_TRUE(EndStands(end, end, kNow));
  EXPECT_TRUE(EndStands(end - absl::Seconds(1), end, kNow));
  EXPECT_TRUE(EndStands(end + absl::Seconds(1), end, kNow));
  EXPECT_FALSE(EndStands(end - absl::Seconds(3), end, kNow));
  EXPECT_FALSE(EndStands(end + absl::Seconds(3), end, kNow));
}

TEST(EndStandsTest, TellsAnEndFromNone) {
  EXPECT_TRUE(EndStands(kNever, kNever, kNow));
  EXPECT_FALSE(EndStands(kNever, kNow + absl::Minutes(5), kNow));
  EXPECT_FALSE(EndStands(kNow + absl::Minutes(5), kNever, kNow));
}

TEST(EndStandsTest, WhereNoTimeIsKeptThereIsNothingToCompare) {
  EXPECT_TRUE(EndStands(std::nullopt, kNow + absl::Minutes(5), kNow));
}

TEST(EndStandsTest, ABanBeyondTheLongestIsRenewedAtHalfTime) {
  const absl::Time end = kNow + 2 * kLongestBan;
  const absl::Time standing = kNow + kLongestBan;
  EXPECT_TRUE(EndStands(standing, end, kNow));
  EXPECT_TRUE(EndStands(standing, end, kNow + kLongestBan / 3));
  EXPECT_FALSE(EndStands(standing, end, kNow + kLongestBan * 2 / 3));
}

}  // namespace
}  // namespace mxban
