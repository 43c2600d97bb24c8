#include "filter/date_template.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

DateTemplate Compile(const std::string& pattern) {
  return DateTemplate::Compile(pattern, 2029).value();
}

// The stamp that `pattern` finds in `line`, with its year.
std::string Found(const std::string& pattern, const std::string& line) {
  const auto match = Compile(pattern).Search(line);
  if (!match) return "none";
  return absl::StrCat(line.substr(match->begin, match->end - match->begin), "|",
                      match->fields.year);
}

TEST(DateTemplateTest, FindsWholeWords) {
  EXPECT_EQ(Found("%Y", "in 2026."), "2026|2026");
  EXPECT_EQ(Found("%Y", "in x2026 or 1999"), "1999|1999");
  EXPECT_EQ(Found("%Y", "20261999"), "none");
  EXPECT_EQ(Found("**%Y", "x2026"), "2026|2026");
  EXPECT_EQ(Found("%Y**", "2026x"), "2026|2026");
  EXPECT_EQ(Found("{UNB}%Y", "x2026x"), "2026|2026");
  EXPECT_EQ(Found(R"(%Y\s)", "2026 x"), "2026 |2026");
}

TEST(DateTemplateTest, FindsWhatIsAtTheBegin) {
  EXPECT_EQ(Found("^%Y", "2026 1999"), "2026|2026");
  EXPECT_EQ(Found("^%Y", " 2026"), "none");
  EXPECT_EQ(Found("{^LN-BEG}%Y", "2026"), "2026|2026");
  EXPECT_EQ(Found("{^LN-BEG}%Y", "<[2026]"), "2026|2026");
  EXPECT_EQ(Found("{^LN-BEG}%Y", "  [2026]"), "none");
  EXPECT_EQ(Found("{^LN-BEG}%Y", "a 2026"), "none");
  EXPECT_TRUE(Compile("^%Y").is_anchored());
  EXPECT_FALSE(Compile("%Y").is_anchored());
}

TEST(DateTemplateTest, CutsTheFirstGroup) {
  EXPECT_EQ(Found("^(<)%Y", "<2026>"), "<|2026");
  EXPECT_EQ(Found("^<(%Y)>", "<2026>"), "2026|2026");
  EXPECT_EQ(Found("^<%Y>", "<2026>"), "<2026>|2026");
  EXPECT_EQ(Found("^%Y(x)", "2026x"), "2026|2026")
      << "the first one, though it has a name";
}

TEST(DateTemplateTest, NothingCapturedIsAnEmptyStamp) {
  EXPECT_EQ(Found("()", "2026"), "|-1");
  EXPECT_EQ(Found("^(x)?%Y", "2026"), "|-1");
}

TEST(DateTemplateTest, TheLineIsBytes) {
  EXPECT_EQ(Found("%Y", std::string("\0\xff 2026\0", 8)), "2026|2026");
  EXPECT_EQ(Found("%Y", ""), "none");
}

TEST(DateTemplateTest, AnExpressionThatGivesUpFindsNothing) {
  EXPECT_EQ(Found("(?:a+)+b%Y", std::string(40, 'a')), "none");
}

TEST(DateTemplateTest, WrongPatternsAreRefused) {
  for (const char* pattern : {"%Q", "(", "%Y[", "%Y %Y", "%H %ExH", "x{"}) {
    const bool is_ok = DateTemplate::Compile(pattern, 2029).ok();
    EXPECT_EQ(is_ok, pattern[0] == 'x') << pattern;
  }
}

}  // namespace
}  // namespace mxban
