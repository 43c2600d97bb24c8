#include "common/failure_lists.h"

#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

std::vector<int64_t> TimesOf(const FailureLists& lists, uint32_t list) {
  std::vector<KeptFailure> failures;
  lists.Read(list, failures);
  std::vector<int64_t> times;
  for (const KeptFailure& failure : failures) times.push_back(failure.time_us);
  return times;
}

TEST(FailureListsTest, ReadsWhatWasWritten) {
  FailureLists lists;
  const std::vector<KeptFailure> written = {{1, 7, 9}, {2, 8, 0}};
  const uint32_t list = lists.Write(FailureLists::kNone, written);
  std::vector<KeptFailure> read = {{5, 5, 5}};
  lists.Read(list, read);
  ASSERT_EQ(read.size(), 2);
  EXPECT_EQ(read[0].server, 7);
  EXPECT_EQ(read[0].user, 9);
  EXPECT_EQ(read[1].time_us, 2);
  EXPECT_EQ(lists.NewestTime(list), 2);
}

TEST(FailureListsTest, AnEmptyListTakesNoRoom) {
  FailureLists lists;
  const std::vector<KeptFailure> written(3);
  const uint32_t list = lists.Write(FailureLists::kNone, written);
  EXPECT_EQ(lists.size(), 3);
  EXPECT_EQ(lists.Write(list, {}), FailureLists::kNone);
  EXPECT_EQ(lists.size(), 0);
}

// Many lists that grow and shrink in the same places.
TEST(FailureListsTest, ListsDoNotMix) {
  std::mt19937 random(16);
  FailureLists lists;
  std::vector<uint32_t> names(50, FailureLists::kNone);
  std::vector<std::vector<int64_t>> truth(names.size());
  for (int step = 0; step < 5'000; ++step) {
    const size_t i = random() % names.size();
    std::vector<KeptFailure> failures(random() % 8);
    truth[i].clear();
    for (KeptFailure& failure : failures) {
      failure.time_us = step;
      truth[i].push_back(step);
    }
    names[i] = lists.Write(names[i], failures);
    size_t size = 0;
    for (size_t j = 0; j < names.size(); ++j) {
      size += truth[j].size();
      ASSERT_EQ(TimesOf(lists, names[j]), truth[j]) << "step " << step;
    }
    ASSERT_EQ(lists.size(), size);
  }
}

}  // namespace
}  // namespace mxban
