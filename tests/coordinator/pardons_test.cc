#include "coordinator/pardons.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

BanKey Key(const char* source, const char* jail = "jail") {
  return {jail, IpNetwork::ParseOrDie(source)};
}

TEST(PardonsTest, WhoWasNeverPardonedHasNoTime) {
  Pardons pardons;
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), absl::InfinitePast());
  pardons.Add({Key("203.0.113.31"), kNoon});
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.31", "other")),
            absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.31")), kNoon);
}

TEST(PardonsTest, CoversWhatWasBeforeItsSecond) {
  Pardons pardons;
  EXPECT_FALSE(pardons.Covers(Key("203.0.113.30"), kNoon));
  pardons.Add({Key("203.0.113.30"), kNoon + absl::Milliseconds(700)});
  EXPECT_TRUE(pardons.Covers(Key("203.0.113.30"), kNoon - absl::Seconds(1)));
  EXPECT_FALSE(pardons.Covers(Key("203.0.113.30"), kNoon));
  EXPECT_FALSE(pardons.Covers(Key("203.0.113.31"), kNoon - absl::Seconds(1)));
}

TEST(PardonsTest, TheNewestCounts) {
  Pardons pardons;
  pardons.Add({Key("203.0.113.30"), kNoon});
  pardons.Add({Key("203.0.113.30"), kNoon - absl::Hours(1)});
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), kNoon);
}

TEST(PardonsTest, APardonOfANetworkIsOneOfAllWithinIt) {
  Pardons pardons;
  pardons.Add({Key("203.0.113.0/24"), kNoon});
  pardons.Add({Key("203.0.113.30"), kNoon - absl::Hours(1)});
  pardons.Add({Key("2001:db8:bad::/48"), kNoon});
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), kNoon);
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.0/24")), kNoon);
  EXPECT_EQ(pardons.NewestOf(Key("2001:db8:bad:1::/64")), kNoon);
  EXPECT_EQ(pardons.NewestOf(Key("203.0.112.0/23")), absl::InfinitePast())
      << "it is wider than what was pardoned";
}

TEST(PardonsTest, OldOnesAreForgotten) {
  Pardons pardons;
  pardons.Add({Key("203.0.113.30"), kNoon});
  pardons.Add({Key("203.0.113.31"), kNoon + absl::Seconds(1)});
  EXPECT_EQ(pardons.ForgetBefore(kNoon + absl::Seconds(1)),
            kNoon + absl::Seconds(1));
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.31")), kNoon + absl::Seconds(1));
}

TEST(PardonsTest, BeyondTheBoundTheOldestGo) {
  Pardons pardons;
  const auto key = [](size_t i) {
    return BanKey{std::to_string(i), IpNetwork::ParseOrDie("203.0.113.30")};
  };
  for (size_t i = 0; i < kMaxPardons + 10; ++i) {
    pardons.Add({key(i), kNoon + absl::Seconds(i)});
  }
  const absl::Time left = pardons.ForgetBefore(kNoon);
  EXPECT_GT(left, kNoon + absl::Seconds(9));
  EXPECT_EQ(pardons.NewestOf(key(9)), absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(key(10)), kNoon + absl::Seconds(10));
}

TEST(PardonsTest, ThoseOfOneTimeStayTogether) {
  Pardons pardons;
  const auto key = [](size_t i) {
    return BanKey{std::to_string(i), IpNetwork::ParseOrDie("203.0.113.30")};
  };
  pardons.Add({Key("203.0.113.31"), kNoon - absl::Seconds(1)});
  for (size_t i = 0; i < kMaxPardons + 10; ++i) pardons.Add({key(i), kNoon});
  EXPECT_EQ(pardons.ForgetBefore(kNoon - absl::Hours(1)), kNoon);
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.31")), absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(key(0)), kNoon);
  EXPECT_EQ(pardons.NewestOf(key(kMaxPardons + 9)), kNoon);
}

TEST(PardonsTest, WhatIsLoadedReplacesTheRest) {
  Pardons pardons;
  pardons.Add({Key("203.0.113.30"), kNoon});
  pardons.Load({{Key("203.0.113.31"), kNoon}});
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.30")), absl::InfinitePast());
  EXPECT_EQ(pardons.NewestOf(Key("203.0.113.31")), kNoon);
}

}  // namespace
}  // namespace mxban
