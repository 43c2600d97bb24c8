// What the network between a server and the coordinator can do to a real fleet:
// nothing passes, some is lost, the first coordinator of the list is dead.

#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/eventually.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {
namespace {

using testing::HasSubstr;

constexpr char kCoordinator[] = "coordinator";

// Starts a fleet of two servers, and two failures to a ban.
class FleetNetworkTest : public testing::Test {
 protected:
  void StartFleet(const std::string& coordinators = "192.0.2.1:7460") {
    fleet_.emplace(FaultyFleet::Options{
        .servers = 2, .max_retry = 2, .coordinators = coordinators});
    fleet_->StartAll();
    ASSERT_TRUE(fleet_->AwaitCurrent()) << ReadFile(fleet_->OutputOf("mx1"));
  }

  // Bans somebody by failures of the first server.
  std::string BanByFirst() {
    const std::string source = absl::StrCat("198.51.100.", ++bans_);
    for (int i = 0; i < 2; ++i) fleet_->Fail("mx1", source);
    EXPECT_TRUE(AwaitBan("mx1", source));
    return source;
  }

  bool AwaitBan(const std::string& server, const std::string& source,
                absl::Duration patience = kPatience) {
    return Eventually(
        [&] { return fleet_->KernelBans(server).contains(source); }, patience);
  }

  // Cuts mx2 off until `is_enough`, then prints how long it takes to enforce
  // what it missed and to have its own failures counted.
  void MeasureHealing(const std::function<bool()>& is_enough) {
    fleet_->CutOff("mx2");
    const absl::Time start = absl::Now();
    const std::string source = BanByFirst();
    fleet_->Fail("mx2", absl::StrCat("203.0.113.", 100 + bans_));
    ASSERT_TRUE(Eventually(is_enough, absl::Seconds(40)));
    EXPECT_FALSE(fleet_->KernelBans("mx2").contains(source));
    fleet_->Reconnect("mx2");
    const absl::Time healed = absl::Now();
    ASSERT_TRUE(AwaitBan("mx2", source, absl::Seconds(60)));
    const absl::Duration until_ban = absl::Now() - healed;
    ASSERT_TRUE(fleet_->AwaitCurrent(absl::Seconds(60)));
    ASSERT_TRUE(fleet_->AwaitSettled(absl::Seconds(60)));
    std::printf(
        "figure: %.1f s cut off, healed: %.1f s until the ban is "
        "enforced, %.1f s until all is acknowledged\n",
        absl::ToDoubleSeconds(healed - start), absl::ToDoubleSeconds(until_ban),
        absl::ToDoubleSeconds(absl::Now() - healed));
  }

  void ExpectExactlyOnce() {
    const Ledger::Verdict verdict = fleet_->Judge();
    EXPECT_TRUE(verdict.ok()) << verdict.text;
  }

  std::optional<FaultyFleet> fleet_;
  int bans_ = 0;
};

TEST_F(FleetNetworkTest, AServerThatIsCutOffCatchesUpWhenThatIsOver) {
  StartFleet();
  // The connection lives through the first: what the kernel sends again gets
  // through. The second one is noticed on both sides, by keep-alive, and then
  // the agent makes its pauses.
  const absl::Time start = absl::Now();
  MeasureHealing([&] { return absl::Now() - start >= absl::Seconds(3); });
  MeasureHealing([&] {
    return fleet_->Metric("mx2", "mxban_agent_connected") == 0 &&
           fleet_->Metric(kCoordinator, "mxban_agents{state=\"away\"}") == 1;
  });
  ExpectExactlyOnce();
}

TEST_F(FleetNetworkTest, ALossyNetworkLosesAndDoublesNothing) {
  StartFleet();
  for (const std::string& server : fleet_->servers()) {
    std::printf("figure: disturbed by %s\n", fleet_->Disturb(server).c_str());
  }
  const absl::Time start = absl::Now();
  constexpr int kBans = 20;
  for (int i = 0; i < kBans; ++i) {
    ASSERT_TRUE(AwaitBan("mx2", BanByFirst()));
    fleet_->Fail("mx2", absl::StrCat("203.0.113.", 100 + i));
  }
  ASSERT_TRUE(fleet_->AwaitSettled());
  std::printf("figure: %.2f s from the line to both kernels, a tenth lost\n",
              absl::ToDoubleSeconds(absl::Now() - start) / kBans);
  for (const std::string& server : fleet_->servers()) fleet_->Calm(server);
  ASSERT_TRUE(fleet_->AwaitCurrent());
  ExpectExactlyOnce();
}

// One that refuses, and an address that nobody has.
TEST_F(FleetNetworkTest, DeadCoordinatorsAreFollowedByTheOneThatLives) {
  StartFleet("192.0.2.1:7459,192.0.2.250:7460,192.0.2.1:7460");
  EXPECT_TRUE(AwaitBan("mx2", BanByFirst()));
  EXPECT_THAT(ReadFile(fleet_->OutputOf("mx1")),
              HasSubstr("connected to coordinator 192.0.2.1:7460"));
}

}  // namespace
}  // namespace mxban
