#include "ctl/printable.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

struct EscapeCase {
  absl::string_view text;
  absl::string_view want;
};

TEST(PrintableTest, EscapesWhatIsNoVisibleCharacter) {
  const std::vector<EscapeCase> cases = {
      {"", ""},
      {"mx1.example.org", "mx1.example.org"},
      {"a b\\n", "a b\\n"},
      {"two\nlines\r", "two\\nlines\\r"},
      {"tab\there", "tab\\there"},
      {"\x1b[2Jgone", "\\x1b[2Jgone"},
      {"\x1b]8;;http://evil\x07link", "\\x1b]8;;http://evil\\x07link"},
      {"del\x7f", "del\\x7f"},
      {absl::string_view("nul\0!", 5), "nul\\x00!"},
      {"C1: \xc2\x9b"
       "2J",
       "C1: \\xc2\\x9b2J"},
      {"not UTF-8: \xff\xc3", "not UTF-8: \\xff\\xc3"},
      {"overlong: \xc0\xaf", "overlong: \\xc0\\xaf"},
      {"turned: \xe2\x80\xae"
       "txt",
       "turned: \\xe2\\x80\\xaetxt"},
      {"zero width: \xe2\x80\x8b.", "zero width: \\xe2\\x80\\x8b."},
      {"für Иван 中", "für Иван 中"},
  };
  for (const EscapeCase& test : cases) {
    EXPECT_EQ(Printable(test.text), std::string(test.want));
  }
}

TEST(PrintableTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("für"), 3);
  EXPECT_EQ(DisplayWidth("中文"), 4);
}

struct ShortenCase {
  absl::string_view text;
  size_t width;
  absl::string_view want_end;
  absl::string_view want_middle;
};

TEST(PrintableTest, ShortensToTheWidthWithDotsForWhatIsLost) {
  const std::vector<ShortenCase> cases = {
      {"abcdefghij", 10, "abcdefghij", "abcdefghij"},
      {"abcdefghij", 9, "abcdef...", "abc...hij"},
      {"abcdefghij", 8, "abcde...", "abc...ij"},
      {"abcdefghij", 3, "...", "..."},
      {"abcdefghij", 1, ".", "."},
      {"abcdefghij", 0, "", ""},
      {"", 0, "", ""},
      {"üüüüü", 4, "ü...", "ü..."},
      {"中文中文", 6, "中...", "中..."},  // Half a character is none.
  };
  for (const ShortenCase& test : cases) {
    EXPECT_EQ(ShortenEnd(test.text, test.width), std::string(test.want_end));
    EXPECT_EQ(ShortenMiddle(test.text, test.width),
              std::string(test.want_middle));
  }
}

}  // namespace
}  // namespace mxban::ctl
