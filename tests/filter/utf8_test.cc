#include "filter/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(Utf8Test, AsciiIsBelow128) {
  EXPECT_TRUE(IsAscii(""));
  EXPECT_TRUE(IsAscii(std::string("\0\x7f", 2)));
  for (size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\x80';
    EXPECT_FALSE(IsAscii(text)) << at;
  }
}

TEST(Utf8Test, KnowsText) {
  for (const char* text :
       {"", "a", "\u00e4", "\u20ac", "\U0001F600", "\U0010FFFF", "a\u00e4b"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98",
                           "\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "a\xe9 b"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace mxban
