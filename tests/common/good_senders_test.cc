#include "common/good_senders.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const IpNetwork kOffice = IpNetwork::ParseOrDie("203.0.113.110");
const IpNetwork kHome = IpNetwork::ParseOrDie("2001:db8:1:2::/64");
const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
constexpr absl::Duration kDay = absl::Hours(24);

GoodSenders::Limits SmallLimits() {
  return {.good_time = kDay, .lateness = absl::Minutes(20), .max_users = 3};
}

TEST(GoodSendersTest, ForgivesAUserWhereTheyHaveLoggedIn) {
  GoodSenders good(SmallLimits());
  EXPECT_FALSE(good.Forgives(kOffice, "alice", kNoon));
  EXPECT_TRUE(good.Record(kOffice, "alice", kNoon));
  EXPECT_TRUE(good.Forgives(kOffice, "alice", kNoon + absl::Hours(1)));
  EXPECT_TRUE(good.Forgives(kOffice, "alice", kNoon - absl::Hours(1)))
      << "the failure came first";
}

TEST(GoodSendersTest, ForgivesNobodyElseAndNowhereElse) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  EXPECT_FALSE(good.Forgives(kOffice, "bob", kNoon));
  EXPECT_FALSE(good.Forgives(kOffice, "Alice", kNoon)) << "as it is logged";
  EXPECT_FALSE(good.Forgives(kHome, "alice", kNoon));
}

TEST(GoodSendersTest, AFailureWithoutAUserIsNeverForgiven) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "", kNoon);
  EXPECT_FALSE(good.Forgives(kOffice, "", kNoon));
}

TEST(GoodSendersTest, ALoginSpeaksForGoodTimeOnly) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  EXPECT_TRUE(
      good.Forgives(kOffice, "alice", kNoon + kDay - absl::Microseconds(1)));
  EXPECT_FALSE(good.Forgives(kOffice, "alice", kNoon + kDay));
  EXPECT_TRUE(good.IsGood(kOffice, kNoon + kDay - absl::Microseconds(1)));
  EXPECT_FALSE(good.IsGood(kOffice, kNoon + kDay));
  EXPECT_FALSE(good.IsGood(kHome, kNoon));
}

TEST(GoodSendersTest, TheNewestLoginCountsWhateverTheOrder) {
  GoodSenders good(SmallLimits());
  EXPECT_TRUE(good.Record(kOffice, "alice", kNoon));
  EXPECT_FALSE(good.Record(kOffice, "alice", kNoon - absl::Hours(20)));
  EXPECT_FALSE(good.Record(kOffice, "alice", kNoon)) << "known";
  EXPECT_TRUE(good.Forgives(kOffice, "alice", kNoon + absl::Hours(23)));
  EXPECT_TRUE(good.Record(kOffice, "bob", kNoon - absl::Hours(1)));
  EXPECT_EQ(good.NewestOf(kOffice), kNoon);
  EXPECT_EQ(good.NewestOf(kHome), std::nullopt);
}

TEST(GoodSendersTest, CountsTheSourcesThatAreGood) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  good.Record(kOffice, "bob", kNoon + absl::Hours(1));
  good.Record(kHome, "alice", kNoon);
  EXPECT_EQ(good.good_sources(kNoon), 2);
  EXPECT_EQ(good.good_sources(kNoon + kDay), 1) << "bob's";
  EXPECT_EQ(good.good_sources(kNoon + kDay + absl::Hours(1)), 0);
}

TEST(GoodSendersTest, CountsThemAtAnyTimeAndWithAnyLimits) {
  GoodSenders good({.good_time = kDay, .max_users = 100});
  for (int hour = 0; hour < 48; ++hour) {
    const uint8_t bytes[] = {192, 0, 2, static_cast<uint8_t>(hour)};
    good.Record(IpNetwork::FromBytes(bytes, 32), "alice",
                kNoon + absl::Hours(hour));
  }
  for (const int hour : {0, 47, 30, 60, 70, 24, 71, 72, 10}) {
    const int oldest = std::max(hour - 23, 0);
    EXPECT_EQ(good.good_sources(kNoon + absl::Hours(hour)),
              std::max(48 - oldest, 0))
        << hour;
  }
  GoodSenders::Limits limits = good.limits();
  limits.good_time = 2 * kDay;
  EXPECT_EQ(good.good_sources(kNoon + absl::Hours(70)), 1);
  good.SetLimits(limits);
  EXPECT_EQ(good.good_sources(kNoon + absl::Hours(70)), 25);
}

TEST(GoodSendersTest, ForgetsTheUserWhoseNewestLoginIsOldestWhenFull) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  good.Record(kHome, "bob", kNoon + absl::Seconds(1));
  good.Record(kOffice, "carol", kNoon + absl::Seconds(2));
  good.Record(kOffice, "alice", kNoon + absl::Seconds(3));
  good.Record(kOffice, "dave", kNoon + absl::Seconds(4));
  EXPECT_EQ(good.tracked_users(), 3);
  EXPECT_EQ(good.evicted_users(), 1);
  EXPECT_FALSE(good.Forgives(kHome, "bob", kNoon));
  EXPECT_FALSE(good.IsGood(kHome, kNoon)) << "bob was alone there";
  EXPECT_TRUE(good.Forgives(kOffice, "alice", kNoon));
  good.Record(kHome, "bob", kNoon - absl::Hours(2));
  EXPECT_FALSE(good.Forgives(kHome, "bob", kNoon)) << "older than all";
  EXPECT_EQ(good.good_sources(kNoon), 1);
}

TEST(GoodSendersTest, ThoseOfOneTimeAreForgottenTogether) {
  GoodSenders good(SmallLimits());
  EXPECT_EQ(good.evicted_until(), absl::InfinitePast());
  good.Record(kOffice, "alice", kNoon);
  good.Record(kHome, "bob", kNoon);
  good.Record(kOffice, "carol", kNoon + absl::Seconds(1));
  good.Record(kOffice, "dave", kNoon + absl::Seconds(2));
  EXPECT_EQ(good.tracked_users(), 2);
  EXPECT_EQ(good.evicted_users(), 2);
  EXPECT_EQ(good.evicted_until(), kNoon);
}

TEST(GoodSendersTest, OtherLimitsForgetNobodyWithoutNeed) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  good.Record(kOffice, "bob", kNoon + absl::Seconds(1));
  GoodSenders::Limits limits = SmallLimits();
  limits.good_time = absl::Hours(1);
  good.SetLimits(limits);
  EXPECT_TRUE(good.Forgives(kOffice, "alice", kNoon));
  EXPECT_FALSE(good.Forgives(kOffice, "alice", kNoon + absl::Hours(1)));
  limits.max_users = 1;
  good.SetLimits(limits);
  EXPECT_EQ(good.tracked_users(), 1);
  EXPECT_TRUE(good.Forgives(kOffice, "bob", kNoon));
}

TEST(GoodSendersTest, WhatCanForgiveNothingIsForgotten) {
  GoodSenders good(SmallLimits());
  good.Record(kOffice, "alice", kNoon);
  good.Record(kHome, "bob", kNoon + absl::Seconds(1));
  good.ForgetStale(kNoon + kDay + absl::Minutes(20) - absl::Seconds(1));
  EXPECT_EQ(good.tracked_users(), 2);
  good.ForgetStale(kNoon + kDay + absl::Minutes(20));
  EXPECT_EQ(good.tracked_users(), 1);
  EXPECT_EQ(good.NewestOf(kOffice), std::nullopt);
  EXPECT_EQ(good.evicted_users(), 0);
}

// Against a map that forgets nothing.
TEST(GoodSendersTest, AgreesWithRememberingEverything) {
  std::mt19937 random(8861);
  for (int round = 0; round < 100; ++round) {
    GoodSenders good({.good_time = absl::Seconds(100),
                      .lateness = absl::Seconds(40),
                      .max_users = 1'000});
    std::map<std::pair<IpNetwork, std::string>, absl::Time> newest;
    absl::Time now = kNoon;
    for (int step = 0; step < 300; ++step) {
      now += absl::Seconds(random() % 10);
      const IpNetwork source = random() % 2 == 0 ? kOffice : kHome;
      const std::string user(1, "abcd"[random() % 4]);
      const absl::Time time = now - absl::Seconds(random() % 40);
      const auto known = newest.find({source, user});
      if (random() % 3 == 0) {
        ASSERT_EQ(good.Record(source, user, time),
                  known == newest.end() || time > known->second ||
                      known->second <= now - absl::Seconds(140));
        if (known == newest.end() || time > known->second) {
          newest[{source, user}] = time;
        }
      } else {
        ASSERT_EQ(
            good.Forgives(source, user, time),
            known != newest.end() && known->second > time - absl::Seconds(100))
            << "round " << round << ", step " << step;
      }
      good.ForgetStale(now);
      size_t good_sources = 0;
      for (const IpNetwork& each : {kOffice, kHome}) {
        bool is_good = false;
        for (const auto& [key, login] : newest) {
          is_good |= key.first == each && login > now - absl::Seconds(100);
        }
        ASSERT_EQ(good.IsGood(each, now), is_good);
        good_sources += is_good ? 1 : 0;
      }
      ASSERT_EQ(good.good_sources(now), good_sources);
    }
  }
}

}  // namespace
}  // namespace mxban
