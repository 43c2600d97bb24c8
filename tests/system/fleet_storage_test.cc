// What disks do to a real fleet: the coordinator's is full, logs are rotated.

#include <sys/mount.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/system/eventually.h"
#include "tests/system/exactly_once.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {
namespace {

using testing::HasSubstr;

constexpr char kCoordinator[] = "coordinator";

class FleetStorageTest : public testing::Test {
 protected:
  void StartFleet() {
    fleet_.StartAll();
    ASSERT_TRUE(fleet_.AwaitCurrent())
        << ReadFile(fleet_.OutputOf(kCoordinator));
  }

  // One is banned for failing on both servers, one is not for failing once.
  void FailRound() {
    const std::string guilty = absl::StrCat("198.51.100.", ++round_);
    fleet_.Fail("mx1", guilty);
    fleet_.Fail("mx2", guilty);
    fleet_.Fail("mx1", absl::StrCat("203.0.113.", 100 + round_));
  }

  FaultyFleet fleet_{{.servers = 2, .max_retry = 2}};
  int round_ = 0;
};

// With two megabytes for its store, which can be filled.
class FullDiskTest : public FleetStorageTest {
 protected:
  FullDiskTest() {
    const std::string state = fleet_.StateOf(kCoordinator);
    std::filesystem::create_directory(state);
    EXPECT_EQ(mount("tmpfs", state.c_str(), "tmpfs", 0, "size=2m"), 0);
  }
  ~FullDiskTest() override {
    fleet_.Kill(kCoordinator);
    EXPECT_EQ(umount(fleet_.StateOf(kCoordinator).c_str()), 0);
  }

  std::string Ballast() { return fleet_.StateOf(kCoordinator) + "/ballast"; }

  // Takes the last byte.
  void Fill() {
    std::ofstream ballast(Ballast(), std::ios::app);
    while (ballast << 'x' && ballast.flush()) {
    }
  }

  // Fails until the coordinator has no room for more.
  bool FailUntilRefused() {
    return Eventually([&] {
      FailRound();
      Fill();
      return fleet_.Metric(kCoordinator, "mxban_store_failed_commits_total") >
             0;
    });
  }
};

TEST_F(FullDiskTest, RefusesAndRecoversWithoutARestart) {
  StartFleet();
  FailRound();
  ASSERT_TRUE(fleet_.AwaitSettled());
  ASSERT_TRUE(FailUntilRefused());
  EXPECT_TRUE(Eventually([&] {
    return ReadFile(fleet_.OutputOf("mx1")).find("database or disk is full") !=
           std::string::npos;
  })) << ReadFile(fleet_.OutputOf("mx1"));
  for (const std::string& server : fleet_.servers()) {
    EXPECT_TRUE(fleet_.KernelBans(server).contains("198.51.100.1")) << server;
  }
  const NetworkLab::Output by_hand =
      fleet_.Ctl("ban 203.0.113.9 --jail sendmail");
  EXPECT_EQ(by_hand.exit_code, 1) << by_hand.text;
  EXPECT_THAT(by_hand.text, HasSubstr("database or disk is full"));
  const absl::Time freed = absl::Now();
  std::filesystem::remove(Ballast());
  ASSERT_TRUE(fleet_.AwaitSettled(absl::Seconds(60)));
  std::printf("figure: room again to all counted: %.1f s\n",
              absl::ToDoubleSeconds(absl::Now() - freed));
  ExpectExactlyOnce(fleet_);
}

// By Debian's logrotate.
class LogRotationTest : public FleetStorageTest {
 protected:
  // Rotates the log of the first server as logrotate's `options` say.
  void Rotate(const std::string& options) {
    const std::string config = fleet_.folder() + "/logrotate.conf";
    std::ofstream(config) << fleet_.LogOf("mx1") << " {\n  rotate 9\n"
                          << options << "\n}\n";
    fleet_.lab().MustShell(
        "mx1", absl::StrCat("logrotate --force --state ", fleet_.folder(),
                            "/logrotate.state ", config));
  }

  // Whether all that was written so far is read, that is to say acknowledged.
  // What nobody has read yet goes with a file that is cut to nothing.
  bool AwaitRead() { return fleet_.AwaitSettled(); }

  void RotateWhileItRuns(const std::string& options) {
    StartFleet();
    for (int i = 0; i < 3; ++i) {
      FailRound();
      ASSERT_TRUE(AwaitRead());
      Rotate(options);
      FailRound();
    }
    ExpectExactlyOnce(fleet_);
  }

  // Fails, and is rotated so often, while the first agent is away.
  void RotateWhileItIsAway(const std::string& options, int rotations) {
    StartFleet();
    FailRound();
    ASSERT_TRUE(fleet_.AwaitSettled());
    fleet_.Kill("mx1");
    for (int i = 0; i < rotations; ++i) {
      FailRound();
      Rotate(options);
    }
    FailRound();
    fleet_.Start("mx1");
    // What is in rotated logs is not seen by AwaitSettled().
    Eventually([&] {
      return fleet_.KernelBans("mx1").size() == fleet_.ledger().Guilty().size();
    });
    ExpectExactlyOnce(fleet_);
  }
};

TEST_F(LogRotationTest, ByANewFileLosesAndDoublesNothing) {
  RotateWhileItRuns("create");
}

TEST_F(LogRotationTest, ByTruncationLosesAndDoublesNothing) {
  RotateWhileItRuns("copytruncate");
}

TEST_F(LogRotationTest, WithCompressionLosesAndDoublesNothing) {
  RotateWhileItRuns("create\n  compress\n  delaycompress");
}

// It is empty when it comes, so that its coming is not news enough.
TEST_F(LogRotationTest, TheFirstLineOfANewLogIsNoticedAtOnce) {
  StartFleet();
  absl::Duration slowest;
  for (int i = 1; i <= 4; ++i) {
    const std::string source = absl::StrCat("203.0.113.", 200 + i);
    fleet_.Fail("mx1", source);
    ASSERT_TRUE(AwaitRead());
    Rotate("create");
    ASSERT_EQ(fleet_.Ctl("status").exit_code, 0);  // The agent has its time.
    const absl::Time start = absl::Now();
    fleet_.Fail("mx1", source);
    ASSERT_TRUE(
        Eventually([&] { return fleet_.KernelBans("mx2").contains(source); }));
    slowest = std::max(slowest, absl::Now() - start);
  }
  EXPECT_LT(slowest, absl::Milliseconds(500));
  std::printf("figure: first line of a new log to the ban elsewhere: %.0f ms\n",
              absl::ToDoubleMilliseconds(slowest));
}

// The writer goes on with the old file until it is told, as rsyslog does.
TEST_F(LogRotationTest, WhatIsWrittenToTheOldFileAfterwardsCounts) {
  StartFleet();
  FailRound();
  ASSERT_TRUE(AwaitRead());
  Rotate("nocreate");
  std::ofstream old(fleet_.LogOf("mx1") + ".1", std::ios::app);
  for (int i = 1; i <= 3; ++i) {
    const std::string source = absl::StrCat("203.0.113.", 200 + i);
    old << fleet_.ledger().Failure(source, absl::Now()) << std::endl;
    fleet_.Fail("mx2", source);
    EXPECT_TRUE(
        Eventually([&] { return fleet_.KernelBans("mx1").contains(source); }));
  }
  FailRound();
  ExpectExactlyOnce(fleet_);
}

TEST_F(LogRotationTest, WhileAwayByANewFileLosesNothing) {
  RotateWhileItIsAway("create", 3);
}

TEST_F(LogRotationTest, WhileAwayByTruncationLosesNothing) {
  RotateWhileItIsAway("copytruncate", 3);
}

TEST_F(LogRotationTest, WhileAwayWithCompressionLosesNothing) {
  RotateWhileItIsAway("create\n  compress", 3);
}

TEST_F(LogRotationTest, WhileAwayWithLateCompressionLosesNothing) {
  RotateWhileItIsAway("create\n  compress\n  delaycompress", 3);
}

TEST_F(FleetStorageTest, ACorruptStoreIsSetAsideAndSaidAloud) {
  StartFleet();
  FailRound();
  ASSERT_TRUE(fleet_.AwaitSettled());
  ASSERT_TRUE(fleet_.AwaitCurrent());
  fleet_.Kill(kCoordinator);
  const std::string state = fleet_.StateOf(kCoordinator);
  std::filesystem::remove(state + "/bans.db-wal");
  std::ofstream(state + "/bans.db") << "this was a database once";
  fleet_.Start(kCoordinator);
  ASSERT_TRUE(fleet_.AwaitCurrent(absl::Seconds(40)))
      << ReadFile(fleet_.OutputOf(kCoordinator));
  EXPECT_THAT(ReadFile(fleet_.OutputOf(kCoordinator)), HasSubstr("aside"));
  // What was damaged is kept, under whatever name.
  bool is_kept = false;
  for (const auto& file : std::filesystem::directory_iterator(state)) {
    is_kept |= ReadFile(file.path()) == "this was a database once";
  }
  EXPECT_TRUE(is_kept);
}

}  // namespace
}  // namespace mxban
