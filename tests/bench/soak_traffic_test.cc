#include "bench/soak_traffic.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr char kIgnored[] = "203.0.113.66";

class SoakTrafficTest : public testing::Test {
 protected:
  SoakTrafficTest() {
    SoakTraffic traffic({.lines = 50'000,
                         .servers = 5,
                         .max_retry = 8,
                         .ignored = kIgnored,
                         .seed = 7});
    while (const std::optional<SoakTraffic::Line> line = traffic.Next()) {
      ++lines_;
      if (line->source.empty()) continue;
      ++failures_;
      ++failures_of_[line->source];
      ++failures_on_[{line->source, line->server}];
    }
  }

  int lines_ = 0;
  int failures_ = 0;
  std::map<std::string, int> failures_of_;
  std::map<std::pair<std::string, int>, int> failures_on_;
};

TEST_F(SoakTrafficTest, IsAsLongAsItShouldBeAndMostOfItHarmless) {
  EXPECT_GE(lines_, 50'000);
  EXPECT_LT(lines_, 51'000);
  EXPECT_NEAR(failures_, 1500, 800);
}

TEST_F(SoakTrafficTest, EverybodyIsGuiltyOrJustNot) {
  int guilty = 0, innocent = 0;
  for (const auto& [source, failures] : failures_of_) {
    if (source == kIgnored) continue;
    EXPECT_TRUE(failures == 7 || failures == 8) << source << " " << failures;
    ++(failures == 8 ? guilty : innocent);
  }
  EXPECT_GT(guilty, 50);
  EXPECT_GT(innocent, 50);
}

TEST_F(SoakTrafficTest, NoServerSeesEnoughByItself) {
  for (const auto& [where, failures] : failures_on_) {
    if (where.first == kIgnored) continue;
    EXPECT_LT(failures, 7) << where.first;
  }
}

}  // namespace
}  // namespace mxban
