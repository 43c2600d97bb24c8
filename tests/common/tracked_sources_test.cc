// The rest is in failure_counter_model_test.

#include "common/tracked_sources.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const IpNetwork kFirst = IpNetwork::ParseOrDie("192.0.2.1");
const IpNetwork kSecond = IpNetwork::ParseOrDie("192.0.2.2");
const IpNetwork kThird = IpNetwork::ParseOrDie("192.0.2.3");

TEST(TrackedSourcesTest, FindsWhatWasAdded) {
  TrackedSources sources;
  const uint32_t place = sources.Add(kFirst, sources.NumberOf("mx1", 1));
  EXPECT_EQ(sources.Find(kFirst), place);
  EXPECT_EQ(sources[place].network, kFirst);
  EXPECT_EQ(sources.Find(kSecond), TrackedSources::kNone);
  sources.Remove(place);
  EXPECT_EQ(sources.Find(kFirst), TrackedSources::kNone);
  EXPECT_EQ(sources.size(), 0);
}

TEST(TrackedSourcesTest, TheGreediestGivesUpItsIdlest) {
  TrackedSources sources;
  const uint16_t greedy = sources.NumberOf("greedy", 1);
  const uint16_t modest = sources.NumberOf("modest", 1);
  const uint32_t first = sources.Add(kFirst, greedy);
  const uint32_t second = sources.Add(kSecond, greedy);
  const uint32_t third = sources.Add(kThird, modest);
  EXPECT_EQ(sources.ToDisplace(modest), first);
  sources.Touch(first);
  EXPECT_EQ(sources.ToDisplace(modest), second);
  sources.Remove(second);
  EXPECT_EQ(sources.ToDisplace(modest), third) << "it has as many by now";
  EXPECT_EQ(sources.ToDisplace(greedy), first);
  EXPECT_EQ(sources.IdlestOfEach().size(), 2);
}

TEST(TrackedSourcesTest, NumbersOfServersAreUsedAgainOnceTheyMeanNothing) {
  TrackedSources sources;
  const uint16_t number = sources.NumberOf("mx1", 5);
  EXPECT_EQ(sources.NumberOf("mx1", 4), number);
  sources.ForgetServersSince(4);
  EXPECT_EQ(sources.NumberOf("mx1", 1), number);
  const uint32_t place = sources.Add(kFirst, number);
  sources.ForgetServersSince(5);
  EXPECT_EQ(sources.NumberOf("mx1", 1), number) << "it has a source";
  sources.Remove(place);
  sources.ForgetServersSince(5);
  EXPECT_EQ(sources.NumberOf("mx2", 6), number);
  EXPECT_NE(sources.NumberOf("mx1", 6), number);
}

}  // namespace
}  // namespace mxban
