// What the programs of a fleet hold in memory, whatever is thrown at them: the
// bounds are generous, and far below what growth without bound would reach.

#include <signal.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/system/eventually.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {
namespace {

constexpr char kCoordinator[] = "coordinator";

// Sanitizers keep what is freed, and shadows of the rest.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kMiB = 10;
#else
constexpr int64_t kMiB = 1;
#endif

class FleetMemoryTest : public testing::Test {
 protected:
  void StartFleet(int servers, int max_retry) {
    fleet_.emplace(
        FaultyFleet::Options{.servers = servers, .max_retry = max_retry});
    fleet_->StartAll();
    ASSERT_TRUE(fleet_->AwaitCurrent())
        << ReadFile(fleet_->OutputOf(kCoordinator));
    Print("at rest");
  }

  // So many failures, each of another source, from `first` on.
  void Flood(const std::string& server, int first, int count) {
    std::string lines;
    for (int i = first; i < first + count; ++i) {
      absl::StrAppend(
          &lines,
          fleet_->ledger().Failure(absl::StrCat("198.", 18 + i / 65536, ".",
                                                i / 256 % 256, ".", i % 256),
                                   absl::Now()),
          "\n");
    }
    fleet_->Write(server, lines);
  }

  int64_t Agent() { return ResidentMiB(fleet_->PidOf("mx1")); }
  int64_t Enforcing() { return ResidentMiB(fleet_->EnforcingHalf("mx1")); }
  int64_t Coordinator() { return ResidentMiB(fleet_->PidOf(kCoordinator)); }

  void Print(const std::string& when) {
    std::printf(
        "figure: MiB resident %s: agent %d, enforcing half %d, "
        "coordinator %d\n",
        when.c_str(), static_cast<int>(Agent()), static_cast<int>(Enforcing()),
        static_cast<int>(Coordinator()));
  }

  std::optional<FaultyFleet> fleet_;
};

TEST_F(FleetMemoryTest, IsBoundedUnderAFloodOfSources) {
  StartFleet(1, 5);
  const absl::Time start = absl::Now();
  Flood("mx1", 0, 300'000);
  ASSERT_TRUE(fleet_->AwaitSettled(absl::Minutes(1)));
  std::printf("figure: 300,000 sources counted in %.1f s\n",
              absl::ToDoubleSeconds(absl::Now() - start));
  Print("after 300,000 sources");
  EXPECT_LT(Agent(), 200 * kMiB);  // The outbox holds 50,000.
  EXPECT_LT(Enforcing(), 50 * kMiB);
  EXPECT_LT(Coordinator(), 400 * kMiB);
}

// Nobody takes them, so the outbox fills and the log waits.
TEST_F(FleetMemoryTest, OfAnAgentIsBoundedWhileNobodyTakesItsFailures) {
  StartFleet(1, 5);
  fleet_->Kill(kCoordinator);
  Flood("mx1", 0, 300'000);
  const auto held = [&] {
    return fleet_->Metric("mx1", "mxban_agent_unacknowledged_failures");
  };
  ASSERT_TRUE(Eventually([&] { return held() >= 50'000; }));
  Flood("mx1", 300'000, 100'000);
  EXPECT_FALSE(Eventually([&] { return held() > 50'000; }, absl::Seconds(2)));
  std::printf("figure: MiB resident with a full outbox: agent %d\n",
              static_cast<int>(Agent()));
  EXPECT_LT(Agent(), 200 * kMiB);
}

TEST_F(FleetMemoryTest, IsBoundedUnderALogOfGarbage) {
  StartFleet(1, 1);
  std::mt19937 random(20'100'122);
  for (int i = 0; i < 16; ++i) {
    std::string garbage(4 << 20, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    // A line of a megabyte, of megabytes of zeros, and of one word for ever.
    fleet_->Write("mx1", absl::StrCat(garbage, "\n", std::string(1 << 20, 'x'),
                                      "\n", std::string(4 << 20, '\0'), "\n"));
  }
  std::string words;
  while (words.size() < 1 << 20)
    words += "sm-mta[1195]: [possible SMTP attack ";
  fleet_->Write("mx1", words + "\n");
  fleet_->Fail("mx1", "198.51.100.7");
  ASSERT_TRUE(fleet_->AwaitSettled(absl::Minutes(1)));
  Print("after 145 MiB of garbage");
  EXPECT_LT(Agent(), 150 * kMiB);
  EXPECT_GT(fleet_->Metric("mx1", "mxban_agent_overlong_lines_total"), 30);
  EXPECT_TRUE(fleet_->AwaitCurrent());
  EXPECT_TRUE(fleet_->Judge().ok());
}

// An operator's `watch` and a whole agent stand still while bans flow.
TEST_F(FleetMemoryTest, OfTheCoordinatorIsBoundedWhateverReadersDo) {
  StartFleet(2, 1);
  const pid_t watcher = fleet_->lab().Start(
      kCoordinator,
      {"ctl/mxbanctl",
       absl::StrCat("--endpoint=unix:", fleet_->folder(), "/admin.sock"),
       "watch"});
  fleet_->Fail("mx1", "198.51.100.7");
  ASSERT_TRUE(fleet_->AwaitCurrent());
  kill(watcher, SIGSTOP);
  fleet_->Freeze("mx2");
  Flood("mx1", 0, 100'000);
  ASSERT_TRUE(fleet_->AwaitSettled(absl::Minutes(1)));
  Print("after 100,000 bans that two do not read");
  // The bans themselves, and 64 MiB of updates that are kept for late readers.
  EXPECT_LT(Coordinator(), 500 * kMiB);
  EXPECT_LT(Agent(), 200 * kMiB);
  EXPECT_LT(Enforcing(), 100 * kMiB);
  fleet_->Thaw("mx2");
  EXPECT_TRUE(fleet_->AwaitCurrent(absl::Minutes(1)));
  EXPECT_EQ(fleet_->KernelBans("mx2").size(), 100'001u);
}

}  // namespace
}  // namespace mxban
