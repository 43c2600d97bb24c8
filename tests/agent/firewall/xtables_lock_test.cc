#include "agent/firewall/xtables_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using ::testing::HasSubstr;

class XtablesLockTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = absl::StrCat(testing::TempDir(), "/xtables.lock.", getpid());
    setenv("XTABLES_LOCKFILE", path_.c_str(), 1);
  }
  void TearDown() override {
    unlink(path_.c_str());
    rmdir(path_.c_str());
  }

  std::string path_;
};

TEST_F(XtablesLockTest, ExcludesAndSaysWhoHoldsIt) {
  const absl::StatusOr<XtablesLock> held = XtablesLock::Acquire();
  ASSERT_TRUE(held.ok()) << held.status();
  const absl::Status second =
      XtablesLock::Acquire(absl::Milliseconds(20)).status();
  EXPECT_TRUE(absl::IsUnavailable(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr(path_));
  EXPECT_THAT(std::string(second.message()),
              HasSubstr(absl::StrCat("by pid ", getpid())));
}

TEST_F(XtablesLockTest, IsFreeAfterwards) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(XtablesLock::Acquire(absl::ZeroDuration()).ok());
  }
}

TEST_F(XtablesLockTest, WaitsForItsTurn) {
  absl::StatusOr<XtablesLock> held = XtablesLock::Acquire();
  std::thread other(
      [] { EXPECT_TRUE(XtablesLock::Acquire(absl::Minutes(1)).ok()); });
  held = absl::CancelledError("released");
  other.join();
}

// Some container runtimes make a folder of a file that is not there.
TEST_F(XtablesLockTest, AFolderInItsPlaceIsNoLock) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  const absl::Status status =
      XtablesLock::Acquire(absl::ZeroDuration()).status();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
}

}  // namespace
}  // namespace mxban
