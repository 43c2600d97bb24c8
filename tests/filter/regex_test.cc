#include "filter/regex.h"

#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;
using Verdict = Regex::Verdict;

bool Matches(const std::string& pattern, const std::string& text) {
  auto regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  return regex.ok() && regex->Search(text) == Verdict::kMatch;
}

TEST(RegexTest, SearchesAnywhereAndTellsWhere) {
  Regex regex = Regex::Compile("(?P<word>b+)(?P<no>x)?").value();
  ASSERT_EQ(regex.Search("aabbc"), Verdict::kMatch);
  EXPECT_EQ(regex.Group(regex.GroupNumber("word")).begin, 2u);
  EXPECT_EQ(regex.Group(regex.GroupNumber("word")).end, 4u);
  EXPECT_FALSE(regex.Group(regex.GroupNumber("no")).is_set());
  EXPECT_FALSE(regex.Group(regex.GroupNumber("other")).is_set());
  EXPECT_THAT(regex.GroupNames(), UnorderedElementsAre("word", "no"));
}

TEST(RegexTest, EndsAndDotsAreThoseOfPython) {
  EXPECT_TRUE(Matches("a$", "a\n"));
  EXPECT_FALSE(Matches(R"(a\Z)", "a\n"));
  EXPECT_TRUE(Matches(R"(a\Z)", "a"));
  EXPECT_FALSE(Matches("a.b", "a\nb"));
  EXPECT_TRUE(Matches("a.b", "a\rb"));
}

struct Translation {
  const char* python;
  const char* pcre;
};

class TranslationTest : public testing::TestWithParam<Translation> {};

TEST_P(TranslationTest, KeepsPythonsMeaning) {
  EXPECT_EQ(TranslateFromPython(GetParam().python), GetParam().pcre);
}

INSTANTIATE_TEST_SUITE_P(
    All, TranslationTest,
    testing::Values(Translation{"a{,3}b", "a{0,3}b"},     //
                    Translation{"a{,}", "a{0,}"},         //
                    Translation{"a{,x}", "a{,x}"},        //
                    Translation{"[{,3}]", "[{,3}]"},      //
                    Translation{R"(\{,3})", R"(\{,3})"},  //
                    Translation{"(?iu)a", "(?i)a"},       //
                    Translation{"(?u)a", "a"},            //
                    Translation{"(?iu:a)", "(?i:a)"},     //
                    Translation{"(?:a)", "(?:a)"},        //
                    Translation{R"([]\]{,1}]\Z)", R"([]\]{,1}]\z)"},
                    Translation{R"(\\Z)", R"(\\Z)"},  //
                    Translation{"[^]{,1}]{,1}", "[^]{,1}]{0,1}"},
                    Translation{"a\\", "a\\"}, Translation{"[a", "[a"}));

TEST(RegexTest, TextIsText) {
  EXPECT_TRUE(Matches(R"(^\w+$)", "M\u00fcller"));
  EXPECT_TRUE(Matches("^a.b$", "a\u20acb"));
  EXPECT_TRUE(Matches("^[\u00e4\u00f6]b$", "\u00f6b"));
  EXPECT_TRUE(Matches("(?i)^\u00c4$", "\u00e4"));
  EXPECT_TRUE(Matches(R"(^a\sb$)", "a\u00a0b"));
  EXPECT_TRUE(Matches("^ung\u00fc?ltig$", "ungltig"));
}

TEST(RegexTest, BytesAreBytes) {
  EXPECT_TRUE(Matches("a.b", std::string("a\0b", 3)));
  EXPECT_TRUE(Matches("a.b",
                      "a\xff"
                      "b"));
  EXPECT_FALSE(Matches(R"(a\wb)",
                       "a\xe9"
                       "b"));
  EXPECT_TRUE(Matches("^a.+b$",
                      "a\u00e4\xff"
                      "b"))
      << "what is no text does not hide";
}

TEST(RegexTest, RunawayExpressionsGiveUpSoon) {
  Regex regex = Regex::Compile("^(a+)+$").value();
  const absl::Time start = absl::Now();
  EXPECT_EQ(regex.Search(std::string(60000, 'a') + "!"), Verdict::kLimitHit);
  EXPECT_LT(absl::Now() - start, absl::Seconds(5)) << "a loose bound";
  EXPECT_EQ(regex.Search("aaa"), Verdict::kMatch) << "still of use";
}

TEST(RegexTest, MistakesSayWhere) {
  const auto regex = Regex::Compile("abc(def");
  EXPECT_THAT(std::string(regex.status().message()),
              HasSubstr("missing closing parenthesis at character 7"));
  EXPECT_FALSE(Regex::Compile("(*UTF)a").ok()) << "filters work on bytes";
  EXPECT_FALSE(Regex::Compile(std::string(70000, 'a')).ok());
}

TEST(RegexTest, AnchorsCanBeThoseOfLines) {
  auto text = Regex::Compile("^b$");
  auto lines = Regex::Compile("^b$", Regex::Anchors::kLines);
  EXPECT_EQ(text->Search("a\nb\n"), Regex::Verdict::kNoMatch);
  EXPECT_EQ(lines->Search("a\nb\n"), Regex::Verdict::kMatch);
  auto after_all = Regex::Compile("^$", Regex::Anchors::kLines);
  EXPECT_EQ(after_all->Search("a\n"), Regex::Verdict::kMatch)
      << "as Python has it";
}

TEST(RegexTest, KnowsWhatEveryMatchContains) {
  EXPECT_EQ(Regex::Compile("x+ needle{,2}(a|b)")->literals(),
            (std::vector<Literal>{{.text = " needl"}}));
}

}  // namespace
}  // namespace mxban
