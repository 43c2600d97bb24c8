#include "filter/line_window.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(LineWindowTest, HoldsTheLastLinesWithoutTheirStamps) {
  LineWindow window(2);
  window.Add("a", "b");
  EXPECT_EQ(window.text(), "ab\n");
  window.Add("", "c");
  window.Add("d", "");
  EXPECT_EQ(window.text(), "c\nd\n");
  LineWindow one(1);
  one.Add("a", "");
  one.Add("b", "");
  EXPECT_EQ(one.text(), "b\n");
}

TEST(LineWindowTest, IsBoundedInBytes) {
  LineWindow window(1000);
  const std::string line(LineWindow::kMaxBytes / 2, 'x');
  for (int i = 0; i < 10; ++i) window.Add(line, "");
  EXPECT_LE(window.text().size(), LineWindow::kMaxBytes);
  EXPECT_FALSE(window.text().empty());
}

LineWindow Abcd() {
  LineWindow window(9);
  for (const char* line : {"aa", "bb", "cc", "dd"}) window.Add(line, "");
  return window;  // Lines begin at 0, 3, 6, 9.
}

TEST(LineWindowTest, WholeLinesAreMatched) {
  const LineWindow window = Abcd();
  const auto division = window.Divide({.begin = 4, .end = 7}, {});
  EXPECT_EQ(division.matched, "bb\ncc\n");
  EXPECT_EQ(division.others, "aa\ndd\n");
}

TEST(LineWindowTest, AMatchMayEndWithItsNewline) {
  const LineWindow window = Abcd();
  EXPECT_EQ(window.Divide({.begin = 3, .end = 6}, {}).matched, "bb\n");
  EXPECT_EQ(window.Divide({.begin = 9, .end = 12}, {}).matched, "dd\n");
  EXPECT_EQ(window.Divide({.begin = 0, .end = 12}, {}).others, "");
}

TEST(LineWindowTest, ANewlineInFrontIsNotOfTheMatch) {
  const LineWindow window = Abcd();
  EXPECT_EQ(window.Divide({.begin = 2, .end = 4}, {}).matched, "bb\n");
}

TEST(LineWindowTest, SkippedLinesStay) {
  LineWindow window = Abcd();
  const auto division =
      window.Divide({.begin = 0, .end = 11}, {{.begin = 3, .end = 9}});
  EXPECT_EQ(division.matched, "aa\ndd\n");
  window.Keep(division.others);
  EXPECT_EQ(window.text(), "bb\ncc\n");
  window.Add("ee", "");
  EXPECT_EQ(window.text(), "bb\ncc\nee\n");
}

TEST(LineWindowTest, KeptLinesCountAsLines) {
  LineWindow window(2);
  window.Keep("a\nb\n");
  window.Add("c", "");
  EXPECT_EQ(window.text(), "b\nc\n");
}

}  // namespace
}  // namespace mxban
