// On a real store.

#include "coordinator/fleet_counter.h"

#include <memory>
#include <string>

#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
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

  Offence Record(const BanKey& key = kKey) {
    return *counter_.Record(Turn(table_, kNoon), jail_, key, kNoon);
  }

  ConfigDirectory directory_;
  BanTable table_;
  std::unique_ptr<BanStore> store_ =
      *SqliteBanStore::Open(directory_.In("bans.db"));
  FleetCounter counter_{*store_, 2};
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
  EXPECT_EQ(counter_.Record(turn, jail_, kKey, kNoon)->earlier_bans, 2);
  turn.imposed[kKey].revision = 7;
  EXPECT_EQ(counter_.Record(turn, jail_, kKey, kNoon)->earlier_bans, 1);
}

TEST_F(FleetCounterTest, CountsAgainWhatIsStored) {
  Record();
  const StoredFailure failure = {kKey, kNoon, "mx1", ""};
  const StoredFailure elsewhere = {{"gone", kKey.source}, kNoon, "mx1", ""};
  ASSERT_TRUE(counter_
                  .CountAgain(Turn(table_, kNoon), {{"j", jail_}},
                              {failure, failure, elsewhere})
                  .ok());
  EXPECT_EQ(counter_.tracked_sources(), 1);
  EXPECT_EQ(Record().count, 3);
}

TEST_F(FleetCounterTest, SaysWhomItHadNoRoomFor) {
  for (const char* source : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    Record({"j", IpNetwork::ParseOrDie(source)});
  }
  EXPECT_EQ(counter_.evicted_sources(), 1);
  ASSERT_TRUE(counter_.CountAgain(Turn(table_, kNoon), {}, {}).ok());
  EXPECT_EQ(counter_.evicted_sources(), 1) << "is never taken back";
}

TEST_F(FleetCounterTest, ForgetsWhatIsStale) {
  Record();
  counter_.ForgetStale(kNoon + 3 * jail_.find_time);
  EXPECT_EQ(counter_.tracked_sources(), 0);
}

}  // namespace
}  // namespace mxban
