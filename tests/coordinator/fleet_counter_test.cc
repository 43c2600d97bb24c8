// On a real store.

#include "coordinator/fleet_counter.h"

#include <memory>
#include <string>

#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"j", IpNetwork::ParseOrDie("203.0.113.30")};

class FleetCounterTest : public testing::Test {
 protected:
  FleetCounterTest() {
    jail_.name = "j";
    jail_.max_retry = 9;
    jail_.escalation.emplace();
  }

  // Has `key` banned `count` times before.
  void BanBefore(const BanKey& key, uint32_t count) {
    StoreChange change;
    Ban ban;
    ban.key = key;
    ban.create_time = kNoon;
    ban.previous_ban_count = count - 1;
    change.imposed = {ban};
    change.lifted = {key};
    ASSERT_TRUE(store_->Commit(change).ok());
  }

  Offence Record(const BanKey& key = kKey, const std::string& server = "mx1",
                 const std::string& user = "") {
    return *counter_.Record(turn_, jail_, key, kNoon, server, user);
  }

  ConfigDirectory directory_;
  BanTable table_;
  std::unique_ptr<BanStore> store_ =
      *SqliteBanStore::Open(directory_.In("bans.db"));
  FleetCounter counter_{*store_, 2};
  RightLogins right_logins_{10};
  Pardons pardons_;
  Turn turn_{table_, kNoon};
  Jail jail_;
};

TEST_F(FleetCounterTest, CountsBySource) {
  EXPECT_EQ(Record().count, 1);
  EXPECT_EQ(Record().count, 2);
  EXPECT_EQ(Record({"j", IpNetwork::ParseOrDie("203.0.113.31")}).count, 1);
  EXPECT_EQ(Record().newest, kNoon);
  EXPECT_EQ(counter_.tracked_sources(), 2);
  counter_.Forget(kKey);
  EXPECT_EQ(Record().count, 1);
}

TEST_F(FleetCounterTest, WeighsByWhatTheStoreRemembers) {
  BanBefore(kKey, 3);
  EXPECT_EQ(Record().count, 5);
  EXPECT_EQ(Record().earlier_bans, 3);
  jail_.escalation.reset();
  EXPECT_EQ(Record({"j", IpNetwork::ParseOrDie("203.0.113.31")}).count, 1);
}

TEST_F(FleetCounterTest, OtherJailsCountIfTheJailWantsIt) {
  BanBefore({"other", kKey.source}, 2);
  EXPECT_EQ(Record().earlier_bans, 0);
  jail_.escalation->over_all_jails = true;
  EXPECT_EQ(Record().earlier_bans, 2);
}

TEST_F(FleetCounterTest, OneThatStandsIsNoEarlierOne) {
  BanBefore(kKey, 2);
  Turn turn(table_, kNoon);
  Ban ban;
  ban.key = kKey;
  turn.imposed[kKey] = ban;  // By this turn: the store counts it later.
  const auto earlier_bans = [&] {
    return counter_.Record(turn, jail_, kKey, kNoon, "mx1", "")->earlier_bans;
  };
  EXPECT_EQ(earlier_bans(), 2);
  turn.imposed[kKey].revision = 7;
  EXPECT_EQ(earlier_bans(), 1);
}

TEST_F(FleetCounterTest, CountsAgainWhatIsStored) {
  Record();
  const StoredFailure failure = {kKey, kNoon, "mx1", ""};
  const StoredFailure elsewhere = {{"gone", kKey.source}, kNoon, "mx1", ""};
  ASSERT_TRUE(counter_
                  .CountAgain(turn_, {{"j", jail_}},
                              {failure, failure, elsewhere}, right_logins_,
                              pardons_)
                  .ok());
  EXPECT_EQ(counter_.tracked_sources(), 1);
  EXPECT_EQ(Record().count, 3);
}

TEST_F(FleetCounterTest, SaysWhomItHadNoRoomFor) {
  for (const char* source : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    Record({"j", IpNetwork::ParseOrDie(source)});
  }
  EXPECT_EQ(counter_.evicted_sources(), 1);
  ASSERT_TRUE(counter_.CountAgain(turn_, {}, {}, right_logins_, pardons_).ok());
  EXPECT_EQ(counter_.evicted_sources(), 1) << "is never taken back";
}

TEST_F(FleetCounterTest, TheTurnForgetsWhomThereIsNoRoomFor) {
  const BanKey displaced = {"j", IpNetwork::ParseOrDie("192.0.2.1")};
  Record(displaced);
  turn_.counted.Add(Kept({displaced, kNoon, "mx1", ""}));
  Record({"j", IpNetwork::ParseOrDie("192.0.2.2")});
  EXPECT_TRUE(turn_.forgotten.empty());
  Record({"j", IpNetwork::ParseOrDie("192.0.2.3")});
  EXPECT_EQ(turn_.forgotten, std::vector<BanKey>{displaced});
  EXPECT_TRUE(turn_.counted.Take().empty())
      << "nor is what it did in this turn kept";
  EXPECT_TRUE(turn_.touches_counts);
}

TEST_F(FleetCounterTest, CountsTheServersThatTheJailAsksFor) {
  jail_.min_servers = 2;
  Record();
  EXPECT_EQ(Record().servers, 1);
  EXPECT_EQ(Record(kKey, "mx2").servers, 2);
}

TEST_F(FleetCounterTest, ForgivesAUser) {
  Record(kKey, "mx1", "alice");
  Record(kKey, "mx1", "bob");
  counter_.Forgive(kKey, "alice");
  counter_.Forgive({"unknown", kKey.source}, "alice");
  EXPECT_EQ(Record().count, 2);
}

TEST_F(FleetCounterTest, ForgetsWhatIsStale) {
  Record();
  Turn later(table_, kNoon + 3 * jail_.find_time);
  counter_.ForgetStale(later);
  EXPECT_EQ(counter_.tracked_sources(), 0);
  EXPECT_EQ(later.forgotten, std::vector<BanKey>{kKey});
}

TEST_F(FleetCounterTest, TheTurnTrimsOfWhomMoreCameThanMatters) {
  jail_.escalation.reset();
  for (int i = 0; i < 17; ++i) Record();
  EXPECT_TRUE(turn_.trimmed.empty());
  Record();
  EXPECT_EQ(turn_.trimmed[kKey].kept, 17);
  EXPECT_FALSE(turn_.trimmed[kKey].of_each_server);
}

TEST_F(FleetCounterTest, WhatIsForgivenIsNotCountedAgain) {
  const StoredFailure alice = {kKey, kNoon, "mx1", "", "alice"};
  const StoredFailure bob = {kKey, kNoon, "mx1", "", "bob"};
  right_logins_.Record(turn_, jail_, kKey, "alice", kNoon);
  ASSERT_TRUE(counter_
                  .CountAgain(turn_, {{"j", jail_}}, {alice, alice, bob},
                              right_logins_, pardons_)
                  .ok());
  EXPECT_EQ(Record().count, 2);
  counter_.Forgive(kKey, "bob");
  EXPECT_EQ(Record().count, 2) << "users of stored failures are known";
}

TEST_F(FleetCounterTest, WhatWasPardonedIsNotCountedAgain) {
  const StoredFailure before = {kKey, kNoon, "mx1", ""};
  const StoredFailure after = {kKey, kNoon + absl::Seconds(2), "mx1", ""};
  pardons_.Add({kKey, kNoon + absl::Seconds(1)});
  ASSERT_TRUE(counter_
                  .CountAgain(turn_, {{"j", jail_}}, {before, before, after},
                              right_logins_, pardons_)
                  .ok());
  EXPECT_EQ(Record().count, 2);
}

}  // namespace
}  // namespace mxban
