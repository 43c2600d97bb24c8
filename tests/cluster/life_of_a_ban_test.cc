// The life of a ban, from the log line to every server's kernel, and what can
// come between. Read this second, after ARCHITECTURE.md.

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kAttacker[] = "203.0.113.30";
constexpr char kCustomer[] = "198.51.100.7";

using LifeOfABanTest = ClusterTest;

TEST_F(LifeOfABanTest, AnAttackerWhoSpreadsIsBannedEverywhere) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));

  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  const std::vector<v1::BanStatus> bans = ListBans();
  ASSERT_EQ(bans.size(), 1);
  EXPECT_EQ(bans[0].ban().source(), kAttacker);
  EXPECT_EQ(bans[0].ban().failure_count(), 3);
  EXPECT_THAT(bans[0].ban().servers(), ElementsAre("mx1", "mx2", "mx3"));
  EXPECT_THAT(bans[0].ban().evidence(0), HasSubstr("possible SMTP attack"));
  EXPECT_EQ(bans[0].progress().enforcing_server_count(), 3);
  EXPECT_EQ(bans[0].progress().server_count(), 3);
  EXPECT_TRUE(bans[0].progress().has_slowest());
}

TEST_F(LifeOfABanTest, BelowTheLimitNobodyIsBanned) {
  StartAll();
  Attack(0, kCustomer);
  Attack(1, kCustomer);
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  // Once the later attacker is banned, the customer has been counted too.
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_TRUE(AwaitEverywhere(kCustomer, false));
  EXPECT_EQ(ListBans().size(), 1);
}

TEST_F(LifeOfABanTest, IgnoredNetworksAreNeverBanned) {
  StartAll();
  for (int i = 0; i < 10; ++i) Attack(0, "192.0.2.77");
  for (int i = 0; i < 3; ++i) Attack(0, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_TRUE(AwaitEverywhere("192.0.2.77", false));
}

TEST_F(LifeOfABanTest, Ipv6IsBannedByItsNetwork) {
  StartAll();
  Attack(0, "IPv6:2001:db8:bad:0:0:0:0:10");  // The how-to's filter misses it.
  Attack(0, "2001:db8:bad::10");
  Attack(1, "2001:db8:bad::11");
  Attack(2, "2001:db8:bad::12");
  EXPECT_TRUE(AwaitEverywhere("2001:db8:bad::/64"));
}

TEST_F(LifeOfABanTest, AnOperatorBansAndPardonsEverywhere) {
  StartAll();
  v1::ImposeBanRequest ban;
  ban.set_jail("sendmail");
  ban.set_source(kAttacker);
  ban.set_reason("seen elsewhere");
  v1::ImposeBanResponse imposed;
  grpc::ClientContext ban_context;
  ASSERT_TRUE(admin_->ImposeBan(&ban_context, ban, &imposed).ok());
  EXPECT_EQ(imposed.ban().reason(), "seen elsewhere");
  EXPECT_TRUE(AwaitEverywhere(kAttacker));

  v1::PardonBanRequest pardon;
  pardon.set_source(kAttacker);
  v1::PardonBanResponse pardoned;
  grpc::ClientContext pardon_context;
  ASSERT_TRUE(admin_->PardonBan(&pardon_context, pardon, &pardoned).ok());
  EXPECT_EQ(pardoned.bans_size(), 1);
  EXPECT_TRUE(AwaitEverywhere(kAttacker, false));
}

TEST_F(LifeOfABanTest, WatchersSeeABanImposedAndEnforced) {
  StartAll();
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  const auto stream = admin_->WatchBans(&context, {});
  stream->WaitForInitialMetadata();  // From here on nothing is missed.
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  std::vector<v1::WatchBansResponse::Change> changes;
  v1::WatchBansResponse response;
  while (changes.size() < 2 && stream->Read(&response)) {
    changes.push_back(response.change());
  }
  EXPECT_THAT(changes, ElementsAre(v1::WatchBansResponse::CHANGE_IMPOSED,
                                   v1::WatchBansResponse::CHANGE_ENFORCED));
  EXPECT_EQ(response.ban().progress().enforcing_server_count(), 3);
  context.TryCancel();
}

TEST_F(LifeOfABanTest, BansOutliveTheCoordinator) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  coordinator_.reset();
  EXPECT_TRUE(AwaitEverywhere(kAttacker)) << "nobody lifts them meanwhile";
  StartCoordinator();
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  EXPECT_EQ(ListBans().size(), 1);
}

// Revisions that were told once are told again, of other bans.
TEST_F(LifeOfABanTest, AStoreFromABackupIsRightForWhoWasAway) {
  const std::string store = options_.state_dir + "/bans.db";
  const std::string backup = directory_ + "/backup.db";
  const auto ban = [this](const std::string& source) {
    for (int i = 0; i < 3; ++i) Attack(0, source);
  };
  StartAll();
  ban("203.0.113.1");
  ASSERT_TRUE(AwaitEverywhere("203.0.113.1"));
  coordinator_.reset();
  std::filesystem::copy_file(store, backup);
  StartCoordinator();
  for (const char* source : {"203.0.113.2", "203.0.113.3", "203.0.113.4"}) {
    ban(source);
    ASSERT_TRUE(AwaitEverywhere(source));
  }
  agents_[2].reset();
  coordinator_.reset();
  std::filesystem::copy_file(backup, store,
                             std::filesystem::copy_options::overwrite_existing);
  StartCoordinator();
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.connected_agent_count() == 2;
  }));
  uint64_t bans = 1;
  for (const char* source : {"203.0.113.5", "203.0.113.6", "203.0.113.7",
                             "203.0.113.8", "203.0.113.9"}) {
    ban(source);
    ++bans;
    ASSERT_TRUE(AwaitStatus([bans](const v1::GetStatusResponse& status) {
      return status.ban_count() == bans;
    }));
  }
  StartAgent(2);
  EXPECT_TRUE(AwaitEverywhere("203.0.113.5"));
  EXPECT_TRUE(AwaitEverywhere("203.0.113.9"));
  EXPECT_TRUE(AwaitEverywhere("203.0.113.1"));
  EXPECT_TRUE(AwaitEverywhere("203.0.113.4", false));
}

TEST_F(LifeOfABanTest, FailuresWaitForTheCoordinator) {
  StartAll();
  Attack(0, kAttacker);
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 1;
  }));
  coordinator_.reset();
  Attack(1, kAttacker);
  Attack(2, kAttacker);
  StartCoordinator();
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_EQ(ListBans()[0].ban().failure_count(), 3) << "each counted once";
}

TEST_F(LifeOfABanTest, AnAgentThatWasAwayCatchesUp) {
  StartAll();
  agents_[2].reset();
  for (int i = 0; i < 3; ++i) Attack(0, kAttacker);
  EXPECT_TRUE(kernels_[0].Await("auth", kAttacker, true));
  EXPECT_TRUE(kernels_[2].Await("auth", kAttacker, false));
  Attack(2, kCustomer);  // Written while nobody watched.
  StartAgent(2);
  EXPECT_TRUE(kernels_[2].Await("auth", kAttacker, true));
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 4;
  }));
}

TEST_F(LifeOfABanTest, AnAgentsRestartLeavesItsBansStanding) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  agents_[1].reset();
  EXPECT_TRUE(kernels_[1].Await("auth", kAttacker, true));
  StartAgent(1);
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  EXPECT_TRUE(kernels_[1].Await("auth", kAttacker, true));
  EXPECT_EQ(GetStatus().failure_count(), 3) << "nothing is counted twice";
}

// As after a reboot while the coordinator is away: the kernel knows nothing.
TEST_F(LifeOfABanTest, AnAgentAloneEnforcesWhatItWasToldLast) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  coordinator_.reset();
  agents_[1].reset();
  kernels_[1].Flush();
  StartAgent(1);
  EXPECT_TRUE(kernels_[1].Await("auth", kAttacker, true));
  StartCoordinator();
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  EXPECT_EQ(GetStatus().ban_count(), 1);
}

TEST_F(LifeOfABanTest, AnAgentAloneBansByItselfAndHandsOver) {
  StartAll();
  Attack(0, kAttacker);  // Counted by the coordinator, and by mx1 for itself.
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 1;
  }));
  coordinator_.reset();
  for (int i = 0; i < 2; ++i) Attack(0, kAttacker);
  for (int i = 0; i < 2; ++i) Attack(1, kCustomer);
  EXPECT_TRUE(kernels_[0].Await("auth", kAttacker, true));
  EXPECT_TRUE(kernels_[1].Await("auth", kAttacker, false));

  agents_[0].reset();  // It forgets nothing.
  kernels_[0].Flush();
  StartAgent(0);
  EXPECT_TRUE(kernels_[0].Await("auth", kAttacker, true));

  StartCoordinator();
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.current_agent_count() == 3;
  }));
  EXPECT_TRUE(AwaitEverywhere(kCustomer, false));
  EXPECT_EQ(ListBans().size(), 1);
}

TEST_F(LifeOfABanTest, WhatAnOperatorFlushedIsRepaired) {
  StartAll();
  for (int i = 0; i < kServers; ++i) Attack(i, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  kernels_[0].Flush();
  EXPECT_TRUE(kernels_[0].Await("auth", kAttacker, true));
  EXPECT_EQ(agents_[0]->enforcer_statistics().repairs, 1);
}

TEST_F(LifeOfABanTest, AReloadReachesTheAgents) {
  StartAll();
  Attack(0, kAttacker);
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.failure_count() == 1;
  }));
  WriteJail("maxretry = 2\nbantime = 8h\nfindtime = 10m\n");
  ASSERT_TRUE(coordinator_->Reload().ok());
  Attack(1, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
}

TEST_F(LifeOfABanTest, AReloadIsAllOrNothing) {
  StartAll();
  WriteJail("maxretry = 2\nfindtime = soon\n");
  grpc::ClientContext context;
  v1::ReloadJailsResponse response;
  const grpc::Status status = admin_->ReloadJails(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("jail.local:7: "));
  for (int i = 0; i < 2; ++i) Attack(0, kCustomer);
  for (int i = 0; i < 3; ++i) Attack(0, kAttacker);
  EXPECT_TRUE(AwaitEverywhere(kAttacker));
  EXPECT_EQ(ListBans().size(), 1) << "the old limit holds";
}

}  // namespace
}  // namespace mxban
