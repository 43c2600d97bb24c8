#include "bench/fault_log.h"

#include <set>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using Kinds = std::set<std::string>;

absl::Time At(int second) { return absl::FromUnixSeconds(1000 + second); }

// A death from 10 to 20, seen to be over at 30 by a question of 25.
class FaultLogTest : public testing::Test {
 protected:
  FaultLogTest() {
    log_.Begin("mx1", "killed", At(10));
    log_.End("mx1", "killed", At(18), absl::Seconds(2));
    log_.NoteWell("mx1", At(19), At(19));  // Too early to mean anything.
    log_.NoteWell("mx1", At(25), At(30));
  }
  FaultLog log_;
};

TEST_F(FaultLogTest, AFaultHoldsOnUntilItsServerIsSeenToBeWell) {
  EXPECT_EQ(log_.Between("mx1", At(29), At(40)), Kinds{"killed"});
  EXPECT_EQ(log_.Between("mx1", At(31), At(40)), Kinds{});
}

TEST_F(FaultLogTest, ItExplainsNothingThatWasBefore) {
  EXPECT_EQ(log_.Between("mx1", At(1), At(9)), Kinds{});
  EXPECT_EQ(log_.Between("mx1", At(1), At(10)), Kinds{"killed"});
}

TEST_F(FaultLogTest, ItIsItsServersAlone) {
  EXPECT_EQ(log_.Between("mx2", At(1), At(40)), Kinds{});
}

TEST_F(FaultLogTest, WhatIsNotOverGoesOn) {
  log_.Begin("mx2", "stopped", At(50));
  log_.NoteWell("mx2", At(55), At(55));
  EXPECT_EQ(log_.Between("mx2", At(90), At(91)), Kinds{"stopped"});
}

}  // namespace
}  // namespace mxban
