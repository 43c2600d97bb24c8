// A coordinator that has had enough of an agent's failures: nothing is lost,
// and nothing else of their connection ends by it.

#include <algorithm>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/cluster/cluster.h"

namespace mxban {
namespace {

class ReportingQuotaTest : public ClusterTest {
 protected:
  // One failed login each of `count` sources, on server `i`.
  void AttackByMany(int i, uint32_t count) {
    const std::string stamp = absl::FormatTime(
        "%b %e %H:%M:%S", clocks_[i].TimeNow(), absl::LocalTimeZone());
    std::ofstream log(LogPath(i), std::ios::app);
    for (uint32_t number = 0; number < count; ++number) {
      log << stamp << " mx sm-mta[1195]: o0LNaCc5001195: [10.1." << number / 250
          << "." << number % 250
          << "]: possible SMTP attack: command=AUTH, count=5\n";
    }
  }
};

TEST_F(ReportingQuotaTest, EverythingIsDeliveredInTheEnd) {
  constexpr uint32_t kSources = 6'000;
  options_.agent_quota = 90;  // 5,400 at once, the others within seconds.
  StartAll();
  for (int i = 0; i < kServers; ++i) std::ofstream(LogPath(i));
  ASSERT_TRUE(AwaitStatus([](const v1::GetStatusResponse& status) {
    return status.connected_agent_count() == kServers;
  }));
  AttackByMany(0, kSources);
  // Beyond its quota, while another server has all of its own.
  for (int n = 0; n < 3; ++n) Attack(1, "203.0.113.30");
  EXPECT_TRUE(AwaitEverywhere("203.0.113.30"));
  uint32_t fewest_agents = kServers;
  EXPECT_TRUE(AwaitStatus([&](const v1::GetStatusResponse& status) {
    fewest_agents = std::min(fewest_agents, status.connected_agent_count());
    return status.tracked_source_count() == kSources;
  }));
  EXPECT_EQ(fewest_agents, kServers) << "Watch goes on all the time";
  EXPECT_EQ(GetStatus().failure_count(), kSources + 3) << "each of them once";
}

}  // namespace
}  // namespace mxban
