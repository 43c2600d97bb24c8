#include "ctl/paragraph.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

std::string Print(const std::string& heading, const std::string& text) {
  std::ostringstream out;
  PrintParagraph(out, heading, text);
  ExpectFitsTheTerminal(out.str());
  return out.str();
}

TEST(ParagraphTest, WhatFitsIsOneLine) {
  EXPECT_EQ(Print("  name  ", "a b"), "  name  a b\n");
  EXPECT_EQ(Print("  name  ", std::string(72, 'x')),
            "  name  " + std::string(72, 'x') + "\n");
  EXPECT_EQ(Print("  name  ", ""), "  name  \n");
}

TEST(ParagraphTest, WhatDoesNotIsBrokenAtABlank) {
  const std::string word(30, 'x');
  EXPECT_EQ(Print("  name  ", word + " " + word + " " + word),
            "  name  " + word + " " + word + "\n        " + word + "\n");
  // The blank itself need not fit.
  const std::string full(72, 'x');
  EXPECT_EQ(Print("  name  ", full + " y"),
            "  name  " + full + "\n        y\n");
}

TEST(ParagraphTest, OneLongWordIsBrokenAnywhere) {
  EXPECT_EQ(Print("  name  ", std::string(100, 'x')),
            "  name  " + std::string(72, 'x') + "\n        " +
                std::string(28, 'x') + "\n");
}

TEST(ParagraphTest, CharactersStayWholeAndHarmless) {
  std::string umlauts, wide;
  for (int i = 0; i < 100; ++i) umlauts += "\u00fc";
  EXPECT_EQ(Lines(Print("", umlauts)).size(), 2);
  EXPECT_EQ(Print("h\n", "\x1b[2J\n"), "h\\n\\x1b[2J\\n\n");
}

}  // namespace
}  // namespace mxban::ctl
