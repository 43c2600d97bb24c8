// Bans of one server alone that do not fit one message.

#include <filesystem>
#include <string>
#include <vector>

#include "agent/local_ban_file.h"
#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

TEST_F(ClusterTest, BansBeyondOneMessageAreHandedOverByAndBy) {
  constexpr uint32_t kBans = 2'000;
  std::vector<Ban> bans;
  for (uint32_t i = 0; i < kBans; ++i) {
    const uint8_t bytes[] = {10, 1, static_cast<uint8_t>(i >> 8),
                             static_cast<uint8_t>(i)};
    Ban ban;
    ban.key = {"sendmail", IpNetwork::FromBytes(bytes, 32)};
    ban.create_time = absl::Now();
    ban.expire_time = ban.create_time + absl::Hours(1);
    ban.reason = "3 failures within 10m";
    ban.origin = BanOrigin::kLocal;
    ban.evidence.assign(kMaxEvidence, std::string(1'000, 'x'));
    bans.push_back(std::move(ban));
  }
  std::filesystem::create_directories(directory_ + "/mx1");
  ASSERT_TRUE(WriteLocalBans(directory_ + "/mx1/local_bans", bans).ok());
  StartCoordinator();
  StartAgent(0);
  EXPECT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.ban_count() == kBans;
  }));
  EXPECT_EQ(ListBans()[0].ban().evidence_size(), kMaxEvidence);
}

}  // namespace
}  // namespace mxban
