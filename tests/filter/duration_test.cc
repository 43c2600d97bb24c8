#include "filter/duration.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

struct Case {
  const char* text;
  int64_t seconds;
};

class DurationTest : public testing::TestWithParam<Case> {};

TEST_P(DurationTest, IsRead) {
  const auto duration = ParseDuration(GetParam().text);
  ASSERT_TRUE(duration.ok()) << duration.status();
  EXPECT_EQ(*duration, absl::Seconds(GetParam().seconds)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, DurationTest,
    testing::Values(Case{"600", 600}, Case{"-1", -1}, Case{"10m", 600},
                    Case{"10 Min", 600}, Case{"1d12h", 129600},
                    Case{"1h 30m", 5400}, Case{"1w", 604800},
                    Case{"1mo", 2629800}, Case{"1 year", 31557600},
                    Case{"2 hours", 7200}, Case{"1.5h", 5400},
                    Case{"24*60*60", 86400}, Case{"2 * (1h + 30m)", 10800},
                    Case{"1d - 1h", 82800}, Case{"1h/2", 1800},
                    Case{"1mm 1ss", 61}, Case{" 28800 ", 28800}));

TEST(DurationTest, RefusesWhatIsNoLengthOfTime) {
  for (const char* text :
       {"", "m", "10x", "1 # one", "(1", "1)", "1/0", "1e300*1e300", "--",
        "1..2", "__import__('os')", "9999999999999999y", "10m;"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_FALSE(ParseDuration(std::string(1000, '(')).ok());
  EXPECT_FALSE(ParseDuration(std::string(1000, '-')).ok());
}

}  // namespace
}  // namespace mxban
