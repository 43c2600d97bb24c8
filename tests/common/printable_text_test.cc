#include "common/printable_text.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(PrintableTextTest, IsPrintableWhateverTheBytesHeld) {
  EXPECT_EQ(PrintableText("plain text", 100), "plain text");
  EXPECT_EQ(PrintableText("a\033[2J\xff\n", 100), "a\\x1b[2J\\xff\\n");
  EXPECT_EQ(PrintableText(std::string(50, '\0'), 10).size(), 10);
  EXPECT_EQ(PrintableText("abcdef", 3), "abc");
}

// Each byte at each place of a text of several words.
TEST(PrintableTextTest, OneByteMakesATextUnprintable) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_printable = byte >= ' ' && byte <= '~';
    for (size_t place = 0; place < 21; ++place) {
      std::string text(21, 'x');
      text[place] = static_cast<char>(byte);
      ASSERT_EQ(IsPrintable(text), is_printable) << byte << " at " << place;
    }
  }
  EXPECT_TRUE(IsPrintable(""));
}

}  // namespace
}  // namespace mxban
