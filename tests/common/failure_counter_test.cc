#include "common/failure_counter.h"

#include <malloc.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

const IpNetwork kAttacker = IpNetwork::ParseOrDie("203.0.113.30");
const IpNetwork kBystander = IpNetwork::ParseOrDie("198.51.100.7");
const absl::Time kNoon = absl::FromUnixSeconds(1'795'435'200);

IpNetwork Numbered(uint32_t number) {
  const uint8_t bytes[] = {10, static_cast<uint8_t>(number >> 16),
                           static_cast<uint8_t>(number >> 8),
                           static_cast<uint8_t>(number)};
  return IpNetwork::FromBytes(bytes, 32);
}

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
  EXPECT_EQ(counter.ForgetStale(kNoon + absl::Minutes(21)),
            std::vector<IpNetwork>{kAttacker});
  EXPECT_EQ(counter.tracked_sources(), 1);
}

TEST(FailureCounterTest, StaleSourcesAreForgottenSomeAtATime) {
  FailureCounter counter({.max_failures = 5, .max_sources = 10'000});
  for (int i = 0; i < 5'000; ++i) {
    counter.Record(Numbered(i), kNoon, i % 2 ? "mx1" : "mx2");
  }
  std::vector<size_t> forgotten;
  for (int i = 0; i < 4; ++i) {
    forgotten.push_back(counter.ForgetStale(kNoon + absl::Hours(1)).size());
  }
  EXPECT_EQ(forgotten, (std::vector<size_t>{2'000, 2'000, 1'000, 0}));
}

TEST(FailureCounterTest, TellsWhenItGivesUpOldFailures) {
  FailureCounter counter(SmallLimits());
  for (int i = 0; i < 9; ++i) {
    EXPECT_FALSE(counter.Record(kAttacker, kNoon).has_dropped);
  }
  EXPECT_TRUE(counter.Record(kAttacker, kNoon).has_dropped);
  counter.Record(kBystander, kNoon);
  EXPECT_TRUE(
      counter.Record(kBystander, kNoon + absl::Minutes(20)).has_dropped);
}

TEST(FailureCounterTest, TellsHowManyServersSawIt) {
  FailureCounter::Limits limits = SmallLimits();
  limits.min_servers = 2;
  FailureCounter counter(limits);
  EXPECT_EQ(counter.Record(kAttacker, kNoon, "mx1").servers, 1);
  EXPECT_EQ(counter.Record(kAttacker, kNoon, "mx1").servers, 1);
  EXPECT_EQ(counter.Record(kAttacker, kNoon, "mx2").servers, 2);
  EXPECT_EQ(counter.Record(kAttacker, kNoon + absl::Minutes(10), "mx2").servers,
            1);
}

TEST(FailureCounterTest, OneServersFloodDoesNotHideWhatAnotherSaw) {
  FailureCounter::Limits limits = SmallLimits();
  limits.min_servers = 2;
  FailureCounter counter(limits);
  counter.Record(kAttacker, kNoon, "mx2");
  FailureCounter::Count count;
  for (int second = 1; second < 600; ++second) {
    count = counter.Record(kAttacker, kNoon + absl::Seconds(second), "mx1");
  }
  EXPECT_EQ(count.failures, 5);
  EXPECT_EQ(count.servers, 2);
}

TEST(FailureCounterTest, ForgivesTheFailuresOfOneUser) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon, "mx1", "alice");
  counter.Record(kAttacker, kNoon, "mx1", "bob");
  counter.Record(kAttacker, kNoon, "mx2", "alice");
  counter.Record(kAttacker, kNoon);
  counter.Forgive(kAttacker, "alice");
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 3);
  counter.Forgive(kAttacker, "");
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 4) << "nobody logs in";
  counter.Forgive(kBystander, "bob");
}

TEST(FailureCounterTest, ASourceThatIsForgivenAllIsNotTracked) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon, "mx1", "alice");
  counter.Forgive(kAttacker, "alice");
  EXPECT_EQ(counter.tracked_sources(), 0);
  EXPECT_EQ(counter.Record(kAttacker, kNoon).failures, 1);
}

TEST(FailureCounterTest, TellsOnceWhomItHadNoRoomFor) {
  FailureCounter counter(SmallLimits());
  counter.Record(kAttacker, kNoon);
  counter.Record(kBystander, kNoon);
  EXPECT_TRUE(counter.TakeEvicted().empty());
  counter.Record(IpNetwork::ParseOrDie("192.0.2.1"), kNoon);
  EXPECT_EQ(counter.TakeEvicted(), std::vector<IpNetwork>{kAttacker});
  EXPECT_TRUE(counter.TakeEvicted().empty());
}

TEST(FailureCounterTest, AServerThatInventsSourcesDisplacesItsOwn) {
  FailureCounter counter({.max_failures = 5, .max_sources = 100});
  for (int i = 0; i < 40; ++i) counter.Record(Numbered(i), kNoon, "honest");
  for (int i = 0; i < 10'000; ++i) {
    counter.Record(Numbered(1000 + i), kNoon, "liar");
  }
  EXPECT_EQ(counter.tracked_sources(), 100);
  EXPECT_EQ(counter.evicted_sources(), 9'940);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(counter.Record(Numbered(i), kNoon, "honest").failures, 2);
  }
}

TEST(FailureCounterTest, ANewServerGetsItsShareFromTheGreediest) {
  FailureCounter counter({.max_failures = 5, .max_sources = 100});
  for (int i = 0; i < 100; ++i) counter.Record(Numbered(i), kNoon, "first");
  for (int i = 0; i < 80; ++i) counter.Record(Numbered(200 + i), kNoon, "new");
  size_t kept = 0;
  for (const IpNetwork& source : counter.TakeEvicted()) {
    kept += source < Numbered(50) ? 0 : 1;
  }
  EXPECT_EQ(counter.evicted_sources(), 80);
  EXPECT_EQ(kept, 30) << "beyond 50 it displaces its own";
}

TEST(FailureCounterTest, ASourceStaysOfTheServerThatBroughtItIn) {
  FailureCounter counter({.max_failures = 5, .max_sources = 3});
  counter.Record(kAttacker, kNoon, "mx1");
  counter.Record(kAttacker, kNoon, "mx2");
  counter.Record(Numbered(1), kNoon, "mx1");
  counter.Record(Numbered(2), kNoon, "mx2");
  counter.Record(Numbered(3), kNoon, "mx3");
  EXPECT_EQ(counter.TakeEvicted(), std::vector<IpNetwork>{kAttacker});
}

// Servers are numbered; the number of one that is gone must not stay taken.
TEST(FailureCounterTest, ServersThatAreGoneMakeRoomForOthers) {
  FailureCounter::Limits limits = SmallLimits();
  limits.min_servers = 2;
  FailureCounter counter(limits);
  absl::Time now = kNoon;
  for (int i = 0; i < 100'000; ++i) {
    counter.Record(kAttacker, now, absl::StrCat("mx", i));
    if (i % 1000 == 0) counter.ForgetStale(now += absl::Hours(1));
  }
  counter.Record(kBystander, now, "mx-a");
  EXPECT_EQ(counter.Record(kBystander, now, "mx-b").servers, 2);
}

TEST(FailureCounterTest, ServersBeyondTheRoomForNamesAreAsOne) {
  FailureCounter::Limits limits = SmallLimits();
  limits.min_servers = 2;
  FailureCounter counter(limits);
  for (int i = 0; i < 70'000; ++i) {
    counter.Record(kAttacker, kNoon, absl::StrCat("mx", i));
  }
  counter.Record(kBystander, kNoon, "mx-a");
  EXPECT_EQ(counter.Record(kBystander, kNoon, "mx-b").servers, 1);
  EXPECT_EQ(counter.Record(kBystander, kNoon, "mx1").servers, 2);
}

// As much as the header promises, over everything that is allocated.
TEST(FailureCounterTest, IsCompact) {
  constexpr size_t kSources = 200'000;
  for (size_t failures = 1; failures <= 4; ++failures) {
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    FailureCounter counter({.max_failures = 5, .max_sources = kSources});
    for (size_t time = 0; time < failures; ++time) {
      for (size_t i = 0; i < kSources; ++i) {
        counter.Record(Numbered(i), kNoon + absl::Seconds(time), "mx1");
      }
    }
    const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    const size_t bytes = (after - before) / kSources;
    RecordProperty(absl::StrCat("bytes_at_", failures), bytes);
    EXPECT_LE(bytes, 45 + 18 * failures);
  }
}

}  // namespace
}  // namespace mxban
