// On a real store.

#include "coordinator/ban_history.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/sqlite_ban_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};

class BanHistoryTest : public testing::Test {
 protected:
  BanHistoryTest() {
    const std::string path =
        testing::TempDir() + "/" +
        testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
    std::filesystem::remove(path);
    store_ = *SqliteBanStore::Open(path);
  }

  static FailureView Seen(int minute, const std::string& server,
                          const std::string& user = "") {
    return Kept({kKey, kNoon + absl::Minutes(minute), server,
                 server + " at " + std::to_string(minute), user});
  }

  static Ban SomeBan(BanOrigin origin, uint32_t failure_count) {
    Ban ban;
    ban.key = kKey;
    ban.origin = origin;
    ban.failure_count = failure_count;
    return ban;
  }

  BanTable table_;
  Turn turn_{table_, kNoon};
  RightLogins right_logins_{10};
  std::unique_ptr<BanStore> store_;
};

TEST_F(BanHistoryTest, StoredAndNewFailuresTellWhoSawWhat) {
  StoreChange change;
  change.failures = {Seen(1, "mx2"), Seen(0, "mx3"), Seen(3, "mx1")};
  ASSERT_TRUE(store_->Commit(change).ok());
  turn_.counted.Add(Seen(2, "mx2"));
  Ban ban = SomeBan(BanOrigin::kCounted, 3);
  ASSERT_TRUE(AddHistory(*store_, turn_, right_logins_, ban).ok());
  EXPECT_EQ(ban.servers, (std::vector<std::string>{"mx1", "mx2"}));
  EXPECT_EQ(ban.evidence,
            (std::vector<std::string>{"mx2 at 1", "mx2 at 2", "mx1 at 3"}))
      << "the oldest is no part of the three";
}

TEST_F(BanHistoryTest, WhatIsToldIsBounded) {
  for (int i = 0; i < 100; ++i) {
    turn_.counted.Add(Seen(i, "mx" + std::to_string(i)));
  }
  Ban ban = SomeBan(BanOrigin::kCounted, 100);
  ASSERT_TRUE(AddHistory(*store_, turn_, right_logins_, ban).ok());
  EXPECT_EQ(ban.servers.size(), kMaxServers);
  EXPECT_EQ(ban.evidence.size(), kMaxEvidence);
  EXPECT_EQ(ban.evidence.back(), "mx99 at 99");
}

TEST_F(BanHistoryTest, OnlyCountedBansAreExplainedByFailures) {
  StoreChange earlier;
  earlier.imposed = {SomeBan(BanOrigin::kCounted, 3)};
  earlier.failures = {Seen(0, "mx2")};
  ASSERT_TRUE(store_->Commit(earlier).ok());
  for (const BanOrigin origin : {BanOrigin::kOperator, BanOrigin::kLocal}) {
    Ban ban = SomeBan(origin, 3);
    ban.servers = {"mx1"};
    ASSERT_TRUE(AddHistory(*store_, turn_, right_logins_, ban).ok());
    EXPECT_EQ(ban.previous_ban_count, 1);
    EXPECT_EQ(ban.servers, std::vector<std::string>{"mx1"});
    EXPECT_TRUE(ban.evidence.empty());
  }
}

TEST_F(BanHistoryTest, WhatIsForgivenExplainsNothing) {
  StoreChange change;
  change.failures = {Seen(0, "mx1"), Seen(1, "mx2")};
  for (int i = 2; i < 20; ++i) {
    change.failures.push_back(Seen(i, "mx3", "alice"));
  }
  ASSERT_TRUE(store_->Commit(change).ok());
  turn_.counted.Add(Seen(20, "mx1"));
  turn_.counted.Add(Seen(21, "mx3", "alice"));
  Jail jail;
  jail.name = "jail";
  right_logins_.Record(turn_, jail, kKey, "alice", kNoon);
  Ban ban = SomeBan(BanOrigin::kCounted, 3);
  ASSERT_TRUE(AddHistory(*store_, turn_, right_logins_, ban).ok());
  EXPECT_EQ(ban.servers, (std::vector<std::string>{"mx1", "mx2"}));
  EXPECT_EQ(ban.evidence,
            (std::vector<std::string>{"mx1 at 0", "mx2 at 1", "mx1 at 20"}));
}

}  // namespace
}  // namespace mxban
