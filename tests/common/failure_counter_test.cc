#include "common/failure_counter.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace mxban {
namespace {

const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const IpNetwork kBystander = IpNetwork::ParseOrDie("198.51.100.7");
const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

FailureCounter::Limits SmallLimits() {
  return {.window = absl::Minutes(10), .max_failures = 5, .max_sources = 2};
}

TEST(FailureCounterTest, CountsFailuresWithinTheWindow) {
  FailureCounter counter(SmallLimits());
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 1);
  EXPECT_EQ(counter.Record(kAttacker, kNoon + absl::Minutes(9)).failures, 2);
}

TEST(FailureCounterTest, AFailureExactlyOneWindowOldNoLongerCounts) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  EXPECT_EQ(counter.Record(kAttacker, kNoon + absl::Minutes(10)).failures, 1);
}

TEST(FailureCounterTest, ALateReportCountsWithWhatHappenedAroundIt) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon + absl::Minutes(9));
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 2);
  EXPECT_EQ(counter.Record(kAttacker, kNoon - absl::Minutes(9)).failures, 2);
}

TEST(FailureCounterTest, KnowsTheNewestOfTheFailuresThatCount) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon + absl::Minutes(9));
  EXPECT_EQ(counter.Record(kAttacker, kNoon).newest, kNoon + absl::Minutes(9));
}

// Fail2Ban's rate estimate says 1 2 3 4 4 4 here.
TEST(FailureCounterTest, TheWindowIsExact) {
  FailureCounter counter(SmallLimits());
  std::vector<size_t> counts;
  for (const int second : {0, 100, 200, 300, 800, 900}) {
    counts.push_back(
        counter.Record(kAttacker, kNoon + absl::Seconds(second)).failures);
  }
  EXPECT_EQ(counts, (std::vector<size_t>{1, 2, 3, 4, 2, 2}));
}

TEST(FailureCounterTest, SaturatesAtWhatIsAskedFor) {
  FailureCounter counter(SmallLimits());
  for (int i = 0; i < 100; ++i) counter.Record(kAttacker, kNoon);
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 5);
}

TEST(FailureCounterTest, SourcesAreCountedApart) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  EXPECT_EQ(counter.Record(kBystander, kNoon).failures, 1);
}

TEST(FailureCounterTest, AForgottenSourceStartsAfresh) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  counter.Forget(kAttacker);
  EXPECT_EQ(counter.tracked_sources(), 0);
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 1);
}

TEST(FailureCounterTest, ForgetsTheSourceIdleForLongestWhenFull) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  counter.Record(kBystander, kNoon);
  counter.Record(kAttacker, kNoon);
  counter.Record(IpNetwork::ParseOrDie("192.0.2.1"), kNoon);

  EXPECT_EQ(counter.tracked_sources(), 2);
  EXPECT_EQ(counter.evicted_sources(), 1);
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 3)
      << "recently used: kept";
  EXPECT_EQ(counter.Record(kBystander, kNoon).failures, 1)
      << "idlest: forgotten";
}

TEST(FailureCounterTest, StaleSourcesAreForgotten) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  counter.Record(kBystander, kNoon + absl::Minutes(15));
  counter.ForgetStale(kNoon + absl::Minutes(21));
  EXPECT_EQ(counter.tracked_sources(), 1);
}

// Against the definition: some window that holds the new failure, over all
// failures that ever were. Reports arrive late by up to one window.
TEST(FailureCounterTest, AgreesWithSortingAndCounting) {
  std::mt19937 random(5321);
  for (int round = 0; round < 400; ++round) {
    const size_t max_failures = 1 + random() % 6;
    FailureCounter counter({.window = absl::Seconds(60),
                            .max_failures = max_failures,
                            .max_sources = 1});
    std::vector<int> times;
    int now = 0;
    for (int step = 0; step < 60; ++step) {
      now += random() % 15;
      const int time = now - static_cast<int>(random() % 60);
      times.push_back(time);
      size_t largest = 0;
      for (int start = time - 59; start <= time; ++start) {
        const size_t count =
            std::count_if(times.begin(), times.end(),
                          [&](int t) { return t >= start && t < start + 60; });
        largest = std::max(largest, count);
      }
      ASSERT_EQ(counter.Record(kAttacker, kNoon + absl::Seconds(time)).failures,
                std::min(largest, max_failures))
          << "round " << round << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace mxban
