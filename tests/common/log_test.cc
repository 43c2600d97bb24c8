#include "common/log.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

TEST(LogTest, TakesTheNamesOfLevels) {
  EXPECT_TRUE(InitLog("warning").ok());
  EXPECT_EQ(spdlog::get_level(), spdlog::level::warn);
  EXPECT_TRUE(InitLog("debug").ok());
  EXPECT_EQ(spdlog::get_level(), spdlog::level::debug);
}

TEST(LogTest, RefusesOtherNames) {
  EXPECT_EQ(InitLog("loud").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mxban
