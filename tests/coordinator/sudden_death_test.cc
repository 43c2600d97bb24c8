// A process that makes turns is killed at random moments, again and again on
// the same store. What it said was durable is there, and nothing counts twice.

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/random/random.h"
#include "coordinator/decision_loop.h"
#include "coordinator/open_store.h"
#include "gtest/gtest.h"
#include "tests/coordinator/failures.h"
#include "tests/fakes/fake_clock.h"

namespace mxban {
namespace {

constexpr int kDeaths = 40;
constexpr uint64_t kFailuresPerTurn = 3;

// Every turn counts failures of one source, bans another, pardons a third.
struct Life {
  explicit Life(const std::string& path)
      : opened(*OpenStore(path, clock.TimeNow())) {
    Jail jail;
    jail.name = "jail";
    jail.max_retry = 1'000'000;
    jail.find_time = absl::Hours(24);
    jail.ban_time = absl::Hours(8);
    EXPECT_TRUE(
        loop.Load(std::make_shared<JailSet>(JailSet{{"jail", jail}})).ok());
  }

  static BanKey Victim(uint64_t turn) {
    const uint8_t bytes[] = {11, static_cast<uint8_t>(turn >> 16),
                             static_cast<uint8_t>(turn >> 8),
                             static_cast<uint8_t>(turn)};
    return {"jail", IpNetwork::FromBytes(bytes, 32)};
  }

  // Reports the lines up to `turn`; all again, if `from` is the first.
  void Report(uint64_t from, uint64_t turn) {
    FailureBatch batch = {"jail", "log", {}};
    for (uint64_t line = from * kFailuresPerTurn + 1;
         line <= (turn + 1) * kFailuresPerTurn; ++line) {
      batch.failures.push_back({IpNetwork::ParseOrDie("203.0.113.30"),
                                clock.TimeNow(), line, std::string(500, 'e')});
    }
    loop.ReportFailures(ReportOf("mx1", batch),
                        [this](absl::StatusOr<uint64_t> offset) {
                          if (offset.ok())
                            recorded = *offset / kFailuresPerTurn;
                        });
  }

  // Whether everything of it was acknowledged.
  bool MakeTurn(uint64_t turn) {
    int acknowledged = 0;
    Report(turn, turn);
    loop.ImposeBan({"jail", Victim(turn).source},
                   [&](const absl::StatusOr<Ban>& ban) {
                     acknowledged += ban.ok() ? 1 : 0;
                   });
    if (turn % 2 == 1) {
      loop.PardonBans(
          Victim(turn - 1).source, "", "operator",
          [&](const auto& bans) { acknowledged += bans.ok() ? 1 : 0; });
    }
    loop.RunTurn();
    return recorded == turn + 1 && acknowledged == (turn % 2 == 1 ? 2 : 1);
  }

  FakeClock clock;
  OpenedStore opened;
  BanTable table;
  DecisionLoop loop{*opened.store, table, clock, 1'000};
  uint64_t recorded = 0;  // Turns, by what was acknowledged.
};

// Makes turns until it is killed; tells each through `pipe` when it is durable.
[[noreturn]] void LiveUntilKilled(const std::string& path, uint64_t turn,
                                  int pipe) {
  Life life(path);
  while (life.MakeTurn(turn)) {
    if (write(pipe, &turn, sizeof(turn)) != sizeof(turn)) break;
    ++turn;
  }
  _exit(1);
}

// Kills a life somewhere within its next turns. Returns how many turns were
// acknowledged by then, those of lives before among them.
uint64_t Kill(const std::string& path, uint64_t turns, absl::BitGen& random) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) LiveUntilKilled(path, turns, ends[1]);
  close(ends[1]);
  const uint64_t last = turns + absl::Uniform<uint64_t>(random, 0, 12);
  uint64_t turn = 0;
  while (turns < last && read(ends[0], &turn, sizeof(turn)) == sizeof(turn)) {
    turns = turn + 1;
  }
  // Anywhere within a turn, which takes about a millisecond.
  pollfd never = {-1, 0, 0};
  const timespec moment = {0, absl::Uniform(random, 0, 3'000'000)};
  ppoll(&never, 1, &moment, nullptr);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  while (read(ends[0], &turn, sizeof(turn)) == sizeof(turn)) turns = turn + 1;
  close(ends[0]);
  return turns;
}

void ExpectAllOf(uint64_t turns, Life& life) {
  const StoreContents contents = *life.opened.store->Load();
  ASSERT_EQ(contents.failures.size(), turns * kFailuresPerTurn);
  for (uint64_t turn = 0; turn < turns; ++turn) {
    const bool is_pardoned = turn % 2 == 0 && turn + 1 < turns;
    ASSERT_EQ(life.table.Find(Life::Victim(turn)).has_value(), !is_pardoned)
        << turn << " of " << turns;
  }
  ASSERT_EQ(contents.bans.size(), turns - turns / 2);
}

// As an agent does that lost its memory.
void ReportAllAgain(uint64_t turns, Life& life) {
  for (uint64_t turn = 0; turn < turns; turn += 100) {
    life.Report(turn, std::min(turn + 99, turns - 1));
  }
  life.loop.RunTurn();
  ASSERT_EQ(life.recorded, turns);
  ASSERT_EQ(life.opened.store->Load()->failures.size(),
            turns * kFailuresPerTurn);
  ASSERT_EQ(life.loop.statistics().intake.repeated, turns * kFailuresPerTurn);
}

TEST(SuddenDeathTest, NothingAcknowledgedIsLostAndNothingCountsTwice) {
  const std::string path = testing::TempDir() + "/sudden_death.db";
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
  }
  absl::BitGen random;
  uint64_t turns = 0;
  for (int death = 0; death < kDeaths; ++death) {
    const uint64_t acknowledged = Kill(path, turns, random);
    Life life(path);
    ASSERT_FALSE(life.opened.salvage.has_value())
        << life.opened.salvage->ToString();
    const StoreContents contents = *life.opened.store->Load();
    turns = contents.progress.empty()
                ? 0
                : contents.progress[0].offset / kFailuresPerTurn;
    // The last turn may be durable without having said so.
    ASSERT_GE(turns, acknowledged);
    ASSERT_LE(turns, acknowledged + 1);
    ASSERT_NO_FATAL_FAILURE(ExpectAllOf(turns, life));
    if (turns == 0) continue;
    ASSERT_NO_FATAL_FAILURE(ReportAllAgain(turns, life));
  }
  EXPECT_GT(turns, kDeaths) << "few turns lived long enough to tell";
}

}  // namespace
}  // namespace mxban
