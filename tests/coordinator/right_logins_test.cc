#include "coordinator/right_logins.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.110")};
const BanKey kElsewhere = {"other", kKey.source};

Jail SomeJail(const std::string& name) {
  Jail jail;
  jail.name = name;
  jail.filter.success_regexes = {"x"};
  jail.good_time = absl::Hours(2);
  jail.find_time = absl::Minutes(10);
  return jail;
}

class RightLoginsTest : public testing::Test {
 protected:
  bool Forgives(const BanKey& key, const std::string& user,
                absl::Time time = kNoon) const {
    return logins_.Forgives(StoredFailure{key, time, "mx1", "", user});
  }

  const Jail jail_ = SomeJail("jail");
  BanTable table_;
  Turn turn_{table_, kNoon};
  RightLogins logins_{3};
};

TEST_F(RightLoginsTest, EachJailHasItsOwn) {
  EXPECT_TRUE(logins_.Record(turn_, jail_, kKey, "alice", kNoon));
  EXPECT_FALSE(logins_.Record(turn_, jail_, kKey, "alice", kNoon));
  EXPECT_TRUE(Forgives(kKey, "alice"));
  EXPECT_FALSE(Forgives(kKey, "bob"));
  EXPECT_FALSE(Forgives(kKey, ""));
  EXPECT_FALSE(Forgives(kElsewhere, "alice"));
  EXPECT_TRUE(logins_.IsGood(kKey, kNoon));
  EXPECT_FALSE(logins_.IsGood(kElsewhere, kNoon));
  EXPECT_EQ(logins_.NewestOf(kKey), kNoon);
  EXPECT_EQ(logins_.NewestOf(kElsewhere), std::nullopt);
  EXPECT_EQ(logins_.good_sources("jail", kNoon), 1);
  EXPECT_EQ(logins_.good_sources("other", kNoon), 0);
  EXPECT_TRUE(
      logins_.Record(turn_, SomeJail("other"), kElsewhere, "bob", kNoon));
  EXPECT_EQ(logins_.good_sources(kNoon), 2);
  EXPECT_EQ(logins_.good_sources(kNoon + absl::Hours(2)), 0);
}

TEST_F(RightLoginsTest, TheStoresAreTakenForJailsThatWantThem) {
  logins_.Record(turn_, jail_, kKey, "carol", kNoon);
  Jail deaf = SomeJail("other");
  deaf.filter.success_regexes.clear();
  logins_.Load(turn_, {{"jail", jail_}, {"other", deaf}},
               {{kKey, "alice", kNoon},
                {kElsewhere, "alice", kNoon},
                {{"gone", kKey.source}, "alice", kNoon}});
  EXPECT_TRUE(Forgives(kKey, "alice"));
  EXPECT_FALSE(Forgives(kKey, "carol")) << "is not stored";
  EXPECT_FALSE(Forgives(kElsewhere, "alice"));
  EXPECT_EQ(logins_.good_sources(kNoon), 1);
}

TEST_F(RightLoginsTest, WhoeverIsForgottenIsForgottenByTheTurn) {
  for (int i = 0; i < 3; ++i) {
    logins_.Record(turn_, jail_, kKey, std::to_string(i),
                   kNoon + absl::Seconds(i));
  }
  EXPECT_TRUE(turn_.forgotten_logins.empty());
  logins_.Record(turn_, jail_, kKey, "3", kNoon + absl::Seconds(3));
  EXPECT_EQ(logins_.evicted_users(), 1);
  ASSERT_EQ(turn_.forgotten_logins.size(), 1);
  EXPECT_EQ(turn_.forgotten_logins.at("jail"), kNoon);
  const auto change = turn_.ToStoreChange();
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->forgotten_logins.at(0).jail, "jail");
}

TEST_F(RightLoginsTest, WhatForgivesNothingIsForgotten) {
  logins_.Record(turn_, jail_, kKey, "alice", kNoon);
  const absl::Time end = kNoon + absl::Hours(2) + absl::Minutes(20);
  logins_.ForgetStale(end - absl::Seconds(1));
  EXPECT_EQ(logins_.NewestOf(kKey), kNoon);
  logins_.ForgetStale(end);
  EXPECT_EQ(logins_.NewestOf(kKey), std::nullopt);
}

}  // namespace
}  // namespace mxban
