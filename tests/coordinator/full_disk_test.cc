// A disk on which there is no more room, for a while: the kernel refuses to let
// any file of the store grow.

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

class FullDiskTest : public DecisionLoopTest {
 protected:
  FullDiskTest() { std::signal(SIGXFSZ, SIG_IGN); }
  ~FullDiskTest() override { MakeRoom(); }

  // No file of this process may become larger than the largest of the store.
  void FillDisk() {
    rlimit limit;
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = std::filesystem::file_size(path_ + "-wal");
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }

  static void MakeRoom() {
    rlimit limit;
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }

  BanKey Key() const { return {"jail", IpNetwork::ParseOrDie(kAttacker)}; }
};

TEST_F(FullDiskTest, RefusesAndRecoversWithoutARestart) {
  ASSERT_TRUE(Impose("203.0.113.31").ok());
  ASSERT_TRUE(Report("mx1", 100).ok());
  const uint64_t revision = table_->revision();
  FillDisk();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(Report("mx2", 100).status()));
    EXPECT_TRUE(absl::IsUnavailable(Impose(kAttacker).status()));
    EXPECT_TRUE(absl::IsUnavailable(HandOver({LocalBan()}).status()));
    EXPECT_TRUE(absl::IsUnavailable(Pardon("203.0.113.31")));
  }
  EXPECT_EQ(table_->revision(), revision);
  EXPECT_FALSE(Standing().has_value());
  EXPECT_TRUE(Standing("203.0.113.31").has_value());

  MakeRoom();
  EXPECT_EQ(*Report("mx2", 100), 100);
  EXPECT_FALSE(Standing().has_value()) << "what was refused did not count";
  EXPECT_EQ(*Report("mx3", 100), 100);
  EXPECT_EQ(Standing()->failure_count, 3);
  EXPECT_EQ(Standing()->evidence.size(), 3);
  Restart();
  EXPECT_TRUE(Standing().has_value());
}

TEST_F(FullDiskTest, WhatIsStoredCanBeReadMeanwhile) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  ASSERT_TRUE(Report("mx1", 100).ok());
  FillDisk();
  EXPECT_TRUE(absl::IsUnavailable(Report("mx2", 100).status()));
  EXPECT_EQ(store_->BanCountsOf(Key())->in_jail, 1);
  EXPECT_EQ(store_->FailuresOf(Key(), 10)->size(), 1);
  EXPECT_EQ(store_->Load()->bans.size(), 1);
}

}  // namespace
}  // namespace mxban
