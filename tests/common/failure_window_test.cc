// The rest is in failure_counter_model_test.

#include "common/failure_window.h"

#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(FailureWindowTest, OfWindowsAlikeTheLatestCounts) {
  FailureWindow window(10, 3, 1);
  const std::vector<KeptFailure> failures = {{1}, {5}, {9}, {12}};
  const FailureWindow::Largest largest = window.LargestAround(failures, 1);
  EXPECT_EQ(largest.failures, 3);
  EXPECT_EQ(largest.newest_us, 12);
}

TEST(FailureWindowTest, OfFullWindowsTheOneOfMoreServersCounts) {
  FailureWindow window(10, 2, 2);
  const std::vector<KeptFailure> failures = {{1, 7}, {9, 8}, {12, 8}};
  const FailureWindow::Largest largest = window.LargestAround(failures, 1);
  EXPECT_EQ(largest.failures, 2);
  EXPECT_EQ(largest.servers, 2);
  EXPECT_EQ(largest.newest_us, 9);
}

TEST(FailureWindowTest, DropsWhatIsTwoWindowsOld) {
  FailureWindow window(10, 5, 1);
  std::vector<KeptFailure> failures = {{1}, {2}, {3}, {22}};
  window.DropUnneeded(failures);
  ASSERT_EQ(failures.size(), 2);
  EXPECT_EQ(failures[0].time_us, 3);
}

TEST(FailureWindowTest, KeepsTheNewestOfEachServerThatIsAskedFor) {
  FailureWindow window(10, 1, 3);
  std::vector<KeptFailure> failures = {{1, 4}, {1, 5}, {2, 6}, {3, 7}, {4, 7}};
  window.DropUnneeded(failures);
  ASSERT_EQ(failures.size(), 3);
  EXPECT_EQ(failures[0].server, 5);
  EXPECT_EQ(failures[1].server, 6);
  EXPECT_EQ(failures[2].time_us, 4);
}

}  // namespace
}  // namespace mxban
