// Thousands of random schedules of attacks and faults, each from a seed: after
// every one the counts equal the truth, the bans equal the truth, and every
// kernel equals the bans. tests/cluster/simulation/world.h says what is real.
//
// Every run tries the same seeds; MXBAN_SIM_SEED tries others. For a failing
// one the message has the command that does it again.

#include "tests/cluster/simulation/fault_schedule.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"

namespace mxban::simulation {
namespace {

constexpr uint64_t kSchedules = 2000;
constexpr uint64_t kFixedSeed = 900'000;

std::optional<uint64_t> NumberFrom(const char* variable) {
  const char* text = std::getenv(variable);
  uint64_t number = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

// All, unless MXBAN_SIM_KINDS names some of them.
FaultKinds Kinds() {
  FaultKinds kinds;
  const char* text = std::getenv("MXBAN_SIM_KINDS");
  for (const absl::string_view kind : absl::StrSplit(
           text == nullptr ? "rotation,copytruncate,compression,clocks" : text,
           ',')) {
    kinds.rotation_any_time |= kind == "rotation";
    kinds.copytruncate |= kind == "copytruncate";
    kinds.compression |= kind == "compression";
    kinds.clock_steps |= kind == "clocks";
  }
  return kinds;
}

class FaultScheduleTest : public testing::Test {
 protected:
  // Faults are many, and so is what the daemons say about them.
  FaultScheduleTest() { spdlog::set_level(spdlog::level::off); }

  // Returns whether all was as it should be.
  bool Run(uint64_t seed) {
    const Outcome outcome = RunSchedule(seed, Kinds());
    failures_ += outcome.failures;
    bans_ += outcome.bans;
    days_ += outcome.days;
    EXPECT_TRUE(outcome.complaints.empty())
        << "  " << absl::StrJoin(outcome.complaints, "\n  ")
        << "\nonce more, with all that happens:\n  bazel test --config=release "
           "--test_output=all --test_env=MXBAN_SIM_SEED="
        << seed
        << " --test_env=MXBAN_SIM_SCHEDULES=1 --test_env=MXBAN_SIM_TRACE=1 "
           "//tests/cluster:fault_schedule_test";
    return outcome.complaints.empty();
  }

  // Up to `count` schedules from `first` on; a few failures are enough.
  void RunFrom(uint64_t first, uint64_t count) {
    std::printf("seeds %llu to %llu\n", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(first + count - 1));
    std::fflush(stdout);
    for (uint64_t i = 0; i < count && failed_schedules_ < 3; ++i) {
      failed_schedules_ += Run(first + i) ? 0 : 1;
    }
  }

  uint64_t failures_ = 0;
  uint64_t bans_ = 0;
  double days_ = 0;
  int failed_schedules_ = 0;
};

TEST_F(FaultScheduleTest, EveryScheduleEndsInTheTruth) {
  const absl::Time begin = absl::Now();
  const std::optional<uint64_t> seed = NumberFrom("MXBAN_SIM_SEED");
  const uint64_t count = NumberFrom("MXBAN_SIM_SCHEDULES").value_or(kSchedules);
  if (seed.has_value()) {
    RunFrom(*seed, count);
  } else {
    RunFrom(kFixedSeed, count);
  }
  const std::string figure = absl::StrCat(
      "figure: ", count, " schedules, ", static_cast<int>(days_),
      " simulated days, ", failures_, " failures, ", bans_, " bans in ",
      absl::FormatDuration(
          absl::Trunc(absl::Now() - begin, absl::Milliseconds(10))));
  std::printf("%s\n", figure.c_str());
  RecordProperty("figure", figure);
}

TEST_F(FaultScheduleTest, OneSeedIsOneTrace) {
  for (const uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    EXPECT_EQ(RunSchedule(seed, Kinds()).trace_hash,
              RunSchedule(seed, Kinds()).trace_hash)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace mxban::simulation
