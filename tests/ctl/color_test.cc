#include "ctl/color.h"

#include <sstream>

#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

TEST(ColorTest, AStreamShowsNoneUnlessToldTo) {
  std::ostringstream out;
  out << Painted{"text", Color::kBad};
  EXPECT_EQ(out.str(), "text");
}

TEST(ColorTest, WhatIsPaintedEndsPlain) {
  std::ostringstream out;
  UseColor(out);
  out << Painted{"red", Color::kBad} << " and "
      << Painted{"bold", Color::kHeading};
  EXPECT_EQ(out.str(), "\033[31mred\033[0m and \033[1mbold\033[0m");
}

TEST(ColorTest, NothingIsPaintedForNothing) {
  std::ostringstream out;
  UseColor(out);
  out << Painted{"", Color::kBad} << Painted{"plain", Color::kPlain};
  EXPECT_EQ(out.str(), "plain");
}

TEST(ColorTest, WhatIsNoTerminalWantsNone) { EXPECT_FALSE(WantsColor(-1)); }

}  // namespace
}  // namespace mxban::ctl
