// On real files.

#include "coordinator/sqlite_ban_store.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/sqlite.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"

namespace mxban {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);
const BanKey kKey = {"jail", IpNetwork::ParseOrDie("203.0.113.30")};
const BanKey kOther = {"jail", IpNetwork::ParseOrDie("2001:db8:bad::/64")};

class SqliteBanStoreTest : public testing::Test {
 protected:
  SqliteBanStoreTest()
      : path_(testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".db") {
    std::filesystem::remove(path_);
  }

  std::unique_ptr<SqliteBanStore> Open() {
    auto store = SqliteBanStore::Open(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static Ban SomeBan(const BanKey& key) {
    Ban ban;
    ban.key = key;
    ban.create_time = kNoon;
    ban.expire_time = kNoon + absl::Hours(8);
    ban.servers = {"mx1"};
    return ban;
  }

  const std::string path_;
};

TEST_F(SqliteBanStoreTest, WhatIsCommittedIsThereAfterReopening) {
  StoreChange change;
  change.revision = 7;
  change.imposed = {SomeBan(kKey)};
  change.failures = {Kept({kOther, kNoon, "mx2", "line"})};
  change.progress = {{"mx1", "jail", "log", 100, kNoon}};
  ASSERT_TRUE(Open()->Commit(change).ok());

  const auto contents = Open()->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->revision, 7);
  ASSERT_EQ(contents->bans.size(), 1);
  EXPECT_EQ(contents->bans[0].key, kKey);
  EXPECT_EQ(contents->bans[0].expire_time, kNoon + absl::Hours(8));
  ASSERT_EQ(contents->failures.size(), 1);
  EXPECT_EQ(contents->failures[0].key, kOther);
  EXPECT_EQ(contents->failures[0].time, kNoon);
  EXPECT_EQ(contents->failures[0].evidence, "line");
  ASSERT_EQ(contents->progress.size(), 1);
  EXPECT_EQ(contents->progress[0].offset, 100);
  EXPECT_EQ(contents->progress[0].time, kNoon);
}

TEST_F(SqliteBanStoreTest, TheHistoryIdStaysAndIsItsOwn) {
  const std::string first = Open()->Load()->history_id;
  EXPECT_EQ(first.size(), 32);
  EXPECT_EQ(Open()->Load()->history_id, first);
  std::filesystem::remove(path_);
  EXPECT_NE(Open()->Load()->history_id, first);
}

TEST_F(SqliteBanStoreTest, LiftedBansAndForgottenFailuresAreGone) {
  auto store = Open();
  StoreChange change;
  change.imposed = {SomeBan(kKey), SomeBan(kOther)};
  change.failures = {Kept({kKey, kNoon, "mx1", ""}),
                     Kept({kOther, kNoon, "mx1", ""})};
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange end;
  end.lifted = {kKey};
  end.forgotten = {kKey};
  ASSERT_TRUE(store->Commit(end).ok());

  const auto contents = store->Load();
  ASSERT_EQ(contents->bans.size(), 1);
  EXPECT_EQ(contents->bans[0].key, kOther);
  ASSERT_EQ(contents->failures.size(), 1);
  EXPECT_EQ(contents->failures[0].key, kOther);
}

TEST_F(SqliteBanStoreTest, WhatIsHeldIsKeptUntilItIsNot) {
  StoreChange change;
  change.held = {{SomeBan(kKey), "maxbanrate"}, {SomeBan(kOther), "other"}};
  ASSERT_TRUE(Open()->Commit(change).ok());
  StoreChange end;
  end.not_held = {kOther};
  end.held = {{SomeBan(kKey), "newer"}};
  ASSERT_TRUE(Open()->Commit(end).ok());
  const auto contents = Open()->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_EQ(contents->held.size(), 1);
  EXPECT_EQ(contents->held[0].ban.key, kKey);
  EXPECT_EQ(contents->held[0].ban.expire_time, kNoon + absl::Hours(8));
  EXPECT_EQ(contents->held[0].hold_reason, "newer");
}

TEST_F(SqliteBanStoreTest, WhatOperatorsHaveSetIsKept) {
  const AllowedSource network = {.source = "192.0.2.0/24",
                                 .reason = "office",
                                 .who = "anna",
                                 .create_time = kNoon,
                                 .expire_time = kNoon + absl::Hours(1),
                                 .networks = {kKey.source}};
  const AllowedSource name = {.source = "mx", .create_time = kNoon};
  StoreChange change;
  change.allowed = {network, name};
  change.pause.emplace(Pause{"anna", "drill", kNoon});
  ASSERT_TRUE(Open()->Commit(change).ok());
  RailState rails = Open()->Load()->rails;
  EXPECT_EQ(rails.allowed.at("192.0.2.0/24"), network);
  EXPECT_EQ(rails.allowed.at("mx"), name);
  EXPECT_EQ(rails.pause, (Pause{"anna", "drill", kNoon}));

  StoreChange end;
  end.disallowed = {"mx"};
  end.pause.emplace(std::nullopt);
  ASSERT_TRUE(Open()->Commit(end).ok());
  rails = Open()->Load()->rails;
  EXPECT_EQ(rails.allowed.size(), 1);
  EXPECT_FALSE(rails.pause.has_value());
}

TEST_F(SqliteBanStoreTest, FailuresOfASourceComeNewestLast) {
  auto store = Open();
  StoreChange change;
  for (int i = 0; i < 5; ++i) {
    change.failures.push_back(
        Kept({kKey, kNoon + absl::Seconds(i), "mx1", std::to_string(i)}));
  }
  ASSERT_TRUE(store->Commit(change).ok());
  const auto failures = store->FailuresOf(kKey, 2);
  ASSERT_EQ(failures->size(), 2);
  EXPECT_EQ((*failures)[0].evidence, "3");
  EXPECT_EQ((*failures)[1].evidence, "4");
}

TEST_F(SqliteBanStoreTest, OfATrimmedSourceTheNewestFailuresStay) {
  auto store = Open();
  StoreChange change;
  for (int second = 0; second < 10; ++second) {
    change.failures.push_back(Kept(
        {kKey, kNoon + absl::Seconds(second), second < 3 ? "mx2" : "mx1", ""}));
  }
  change.failures.push_back(Kept({kOther, kNoon, "mx3", ""}));
  change.trimmed = {{kKey, 4, /*of_each_server=*/true}};
  ASSERT_TRUE(store->Commit(change).ok());
  const auto seconds = [&store] {
    std::vector<int64_t> seconds;
    const auto failures = store->FailuresOf(kKey, 100);
    for (const StoredFailure& failure : *failures) {
      seconds.push_back(absl::ToInt64Seconds(failure.time - kNoon));
    }
    return seconds;
  };
  EXPECT_EQ(seconds(), (std::vector<int64_t>{2, 6, 7, 8, 9}));
  change.failures.clear();
  change.trimmed = {{kKey, 2, /*of_each_server=*/false}};
  ASSERT_TRUE(store->Commit(change).ok());
  EXPECT_EQ(seconds(), (std::vector<int64_t>{8, 9}));
  EXPECT_EQ(store->FailuresOf(kOther, 100)->size(), 1);
}

TEST_F(SqliteBanStoreTest, OldFailuresArePruned) {
  auto store = Open();
  StoreChange change;
  change.failures = {Kept({kKey, kNoon, "mx1", "old"})};
  ASSERT_TRUE(store->Commit(change).ok());
  change.failures = {Kept({kKey, kNoon + absl::Hours(1), "mx1", "new"})};
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange prune;
  prune.retention.emplace().failures = kNoon + absl::Minutes(1);
  ASSERT_TRUE(store->Commit(prune).ok());
  EXPECT_EQ(store->Load()->failures.size(), 1);
}

TEST_F(SqliteBanStoreTest, OldPositionsAndPardonsArePruned) {
  auto store = Open();
  StoreChange change;
  change.progress = {{"mx1", "jail", "old", 1, kNoon},
                     {"mx1", "jail", "new", 2, kNoon + absl::Hours(1)}};
  change.pardoned = {{kKey, kNoon + absl::Hours(1)}, {kOther, kNoon}};
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange prune;
  prune.retention.emplace().progress = kNoon + absl::Minutes(1);
  prune.retention->pardons = kNoon + absl::Minutes(1);
  ASSERT_TRUE(store->Commit(prune).ok());
  const auto contents = store->Load();
  ASSERT_EQ(contents->progress.size(), 1);
  EXPECT_EQ(contents->progress[0].log_id, "new");
  ASSERT_EQ(contents->pardons.size(), 1);
  EXPECT_EQ(contents->pardons[0].key, kKey);
  EXPECT_EQ(contents->pardons[0].time, kNoon + absl::Hours(1));
}

TEST_F(SqliteBanStoreTest, HistoryOutlivesTheBan) {
  auto store = Open();
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 0);
  StoreChange change;
  change.imposed = {SomeBan(kKey)};
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange end;
  end.lifted = {kKey};
  ASSERT_TRUE(store->Commit(end).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 1);
  EXPECT_EQ(store->BanCountsOf(kOther)->in_jail, 0);
}

TEST_F(SqliteBanStoreTest, HistoryIsKeptByJailAndOverAll) {
  auto store = Open();
  const BanKey elsewhere = {"elsewhere", kKey.source};
  StoreChange change;
  change.imposed = {SomeBan(kKey), SomeBan(elsewhere)};
  change.imposed[1].previous_ban_count = 4;
  ASSERT_TRUE(store->Commit(change).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 1);
  EXPECT_EQ(store->BanCountsOf(elsewhere)->in_jail, 5);
  EXPECT_EQ(store->BanCountsOf(elsewhere)->in_all_jails, 6);
}

TEST_F(SqliteBanStoreTest, OldBansAreForgotten) {
  auto store = Open();
  StoreChange change;
  change.imposed = {SomeBan(kKey), SomeBan(kOther)};
  change.imposed[1].expire_time += absl::Hours(1);
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange forget;
  forget.lifted = {kKey, kOther};
  forget.retention.emplace().ban_counts = kNoon + 3 * absl::Hours(8);
  ASSERT_TRUE(store->Commit(forget).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 1);
  forget.retention->ban_counts += absl::Minutes(1);
  ASSERT_TRUE(store->Commit(forget).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 0);
  EXPECT_EQ(store->BanCountsOf(kOther)->in_jail, 1) << "it was longer";
}

TEST_F(SqliteBanStoreTest, WhatStandsOrIsForEverIsNotForgotten) {
  auto store = Open();
  StoreChange change;
  change.imposed = {SomeBan(kKey), SomeBan(kOther)};
  change.imposed[1].expire_time = absl::InfiniteFuture();
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange forget;
  forget.lifted = {kOther};
  forget.retention.emplace().ban_counts = kNoon + absl::Hours(24 * 365);
  ASSERT_TRUE(store->Commit(forget).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 1) << "still banned";
  EXPECT_EQ(store->BanCountsOf(kOther)->in_jail, 1);
}

TEST_F(SqliteBanStoreTest, APardonForgetsBeforeWhatIsImposed) {
  auto store = Open();
  const BanKey elsewhere = {"elsewhere", kKey.source};
  StoreChange change;
  change.imposed = {SomeBan(kKey), SomeBan(kOther), SomeBan(elsewhere)};
  ASSERT_TRUE(store->Commit(change).ok());
  StoreChange pardon;
  pardon.lifted = {kKey, kOther};
  pardon.pardoned = {{kKey, kNoon}, {kOther, kNoon}};
  pardon.imposed = {SomeBan(kOther)};
  ASSERT_TRUE(store->Commit(pardon).ok());
  EXPECT_EQ(store->BanCountsOf(kKey)->in_jail, 0);
  EXPECT_EQ(store->BanCountsOf(kKey)->in_all_jails, 1);
  EXPECT_EQ(store->BanCountsOf(kOther)->in_jail, 1);
}

TEST_F(SqliteBanStoreTest, TwoCoordinatorsCannotShareAStore) {
  auto store = Open();
  EXPECT_EQ(SqliteBanStore::Open(path_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(SqliteBanStoreTest, AFileThatIsNoStoreIsRefusedAndKept) {
  std::ofstream(path_) << std::string(4096, 'x');
  EXPECT_EQ(SqliteBanStore::Open(path_).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::filesystem::file_size(path_), 4096);
}

TEST_F(SqliteBanStoreTest, ADirectoryThatIsNotThereIsUnavailable) {
  EXPECT_EQ(SqliteBanStore::Open("/nowhere/bans.db").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(SqliteBanStoreTest, TheNewestRightLoginOfEachUserIsKept) {
  auto store = Open();
  StoreChange change;
  change.right_logins = {
      {kKey, "alice", kNoon}, {kKey, "bob", kNoon}, {kOther, "alice", kNoon}};
  ASSERT_TRUE(store->Commit(change).ok());
  change.right_logins = {{kKey, "alice", kNoon + absl::Hours(1)},
                         {kKey, "bob", kNoon - absl::Hours(1)}};
  ASSERT_TRUE(store->Commit(change).ok());
  store.reset();
  std::map<std::pair<BanKey, std::string>, absl::Time> logins;
  const auto contents = Open()->Load();
  for (const StoredLogin& login : contents->right_logins) {
    logins[{login.key, login.user}] = login.time;
  }
  EXPECT_EQ(logins.size(), 3);
  EXPECT_EQ((logins[{kKey, "alice"}]), kNoon + absl::Hours(1));
  EXPECT_EQ((logins[{kKey, "bob"}]), kNoon);
  EXPECT_EQ((logins[{kOther, "alice"}]), kNoon);
}

TEST_F(SqliteBanStoreTest, RightLoginsAreForgottenByJailAndByTime) {
  auto store = Open();
  const BanKey elsewhere = {"other", kKey.source};
  StoreChange change;
  change.right_logins = {{kKey, "a", kNoon},
                         {kKey, "b", kNoon + absl::Seconds(1)},
                         {kKey, "c", kNoon + absl::Seconds(2)},
                         {elsewhere, "d", kNoon}};
  change.forgotten_logins = {{"jail", kNoon + absl::Seconds(1)}};
  change.imposed = {SomeBan(kKey)};
  ASSERT_TRUE(store->Commit(change).ok());
  ASSERT_EQ(store->Load()->right_logins.size(), 2);
  StoreChange forget;
  forget.forgotten = {kKey};
  forget.lifted = {kKey};
  forget.pardoned = {{kKey, kNoon}};
  forget.retention.emplace().right_logins = kNoon + absl::Seconds(1);
  ASSERT_TRUE(store->Commit(forget).ok());
  const auto logins = store->Load()->right_logins;
  ASSERT_EQ(logins.size(), 1) << "pardons leave them alone";
  EXPECT_EQ(logins[0].user, "c");
}

}  // namespace
}  // namespace mxban
