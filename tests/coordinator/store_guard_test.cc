// Around a real store whose file is damaged while it is in use.

#include "coordinator/store_guard.h"

#include <filesystem>
#include <memory>
#include <string>

#include "coordinator/decision_loop.h"
#include "gmock/gmock.h"
#include "tests/coordinator/damaged_store.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

using testing::HasSubstr;

// More than SQLite keeps in memory.
constexpr uint32_t kRows = 20'000;

class StoreGuardTest : public testing::Test {
 protected:
  StoreGuardTest() {
    WriteStore(path_, kRows);
    guard_ = std::make_unique<StoreGuard>(*SqliteBanStore::Open(path_),
                                          [this] { ++times_lost_; });
  }

  void DamageStore() {
    Damage(path_, 4096, std::filesystem::file_size(path_) - 4096);
  }

  const std::string path_ =
      testing::TempDir() + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name() + ".db";
  int times_lost_ = 0;
  std::unique_ptr<StoreGuard> guard_;
};

TEST_F(StoreGuardTest, ASoundStoreIsAsItIs) {
  EXPECT_EQ(guard_->Load()->bans.size(), kRows);
  EXPECT_EQ(guard_->Commit(NumberedChange(1)), absl::OkStatus());
  EXPECT_EQ(guard_->BanCountsOf(NumberedKey(1))->in_jail, 1);
  EXPECT_EQ(guard_->FailuresOf(NumberedKey(kRows), 10)->size(), 1);
  EXPECT_EQ(guard_->AuditPage({.limit = 10})->size(), 10);
  EXPECT_EQ(guard_->AuditAfter(kRows, 10)->size(), 1);
  EXPECT_EQ(guard_->status(), absl::OkStatus());
  EXPECT_EQ(times_lost_, 0);
}

TEST_F(StoreGuardTest, ALostStoreIsOutOfUse) {
  DamageStore();
  EXPECT_TRUE(absl::IsUnavailable(guard_->Load().status()));
  EXPECT_TRUE(absl::IsUnavailable(guard_->Commit(NumberedChange(1))));
  EXPECT_TRUE(
      absl::IsUnavailable(guard_->BanCountsOf(NumberedKey(1)).status()));
  EXPECT_TRUE(
      absl::IsUnavailable(guard_->FailuresOf(NumberedKey(1), 1).status()));
  EXPECT_TRUE(absl::IsUnavailable(guard_->AuditPage({}).status()));
  EXPECT_TRUE(absl::IsUnavailable(guard_->AuditAfter(0, 1).status()));
  EXPECT_TRUE(absl::IsDataLoss(guard_->status()));
  EXPECT_THAT(std::string(guard_->status().message()),
              HasSubstr("the next start sets it aside"));
  EXPECT_EQ(times_lost_, 1);
}

TEST_F(StoreGuardTest, NothingIsAcknowledgedOnceTheStoreIsLost) {
  FakeClock clock(kWritten);
  BanTable table;
  DecisionLoop loop(*guard_, table, clock, 1'000);
  Jail jail;
  jail.name = "jail";
  ASSERT_TRUE(
      loop.Load(std::make_shared<JailSet>(JailSet{{"jail", jail}})).ok());
  const uint64_t revision = table.revision();
  DamageStore();
  int refused = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    // The first turn prunes, which reads what is damaged.
    loop.ImposeBan({"jail", NumberedKey(3 * kRows + i).source},
                   [&](const absl::StatusOr<Ban>& ban) {
                     refused += absl::IsUnavailable(ban.status()) ? 1 : 0;
                   });
    loop.RunTurn();
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(times_lost_, 1);
  EXPECT_EQ(table.revision(), revision);
}

}  // namespace
}  // namespace mxban
