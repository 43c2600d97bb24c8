#include "filter/required_literal.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

struct Case {
  const char* pattern;
  const char* literal;
};

class RequiredLiteralTest : public testing::TestWithParam<Case> {};

TEST_P(RequiredLiteralTest, IsInEveryMatch) {
  std::string literals;
  for (const Literal& literal : RequiredLiterals(GetParam().pattern)) {
    absl::StrAppend(&literals, literals.empty() ? "" : "|", literal.text,
                    literal.any_case ? "/i" : "");
  }
  EXPECT_EQ(literals, GetParam().literal);
}

INSTANTIATE_TEST_SUITE_P(
    Certain, RequiredLiteralTest,
    testing::Values(
        Case{"abc", "abc"}, Case{"^ab.cdef$", "cdef"},
        Case{R"(\[x\]: y)", "[x]: y"}, Case{"abcd*", "abc"},
        Case{"abcd?e", "abc"}, Case{"abc{0,3}defg", "defg"},
        Case{"ab+cd", "ab"}, Case{"abc{2}d", "abc"}, Case{"x[abcdef]yz", "yz"},
        Case{"x[]abcdef]yz", "yz"}, Case{R"(x[\]abc]yz)", "yz"},
        Case{R"(foo\d+barbaz)", "barbaz"}, Case{R"(foo\bbarbaz)", "barbaz"},
        Case{"(?:abc|d)ef", "ef"}, Case{"(?:abc|defg)h", "abc|defg"},
        Case{"abc|def", "abc|def"}, Case{"(?i:abc)d", "abc/i"},
        Case{"x(?i:VRFY|EXPN) ", "VRFY/i|EXPN/i"},
        Case{"(?:possible|(?i:abc)d|e(fgh)?ij)", "possible|abc/i|ij"},
        Case{"(?P<n>abc)de", "abc"}, Case{"(abc)?de", "de"},
        Case{"(abc)+de", "abc"}, Case{"(?!abcdef)gh", "gh"},
        Case{"(?<=abcdef)gh", "gh"}, Case{"(?<!abc)gh(?=abcdef)", "gh"},
        Case{"((a|bcdef)g)hi", "hi"}, Case{"a(b(cde)f)g", "cde"},
        Case{"(?P<n>a)(?(n)bcd|e)fg", "fg"}, Case{"ab*?cde", "cde"},
        Case{"ab{1,2}+cde", "cde"}));

INSTANTIATE_TEST_SUITE_P(
    Uncertain, RequiredLiteralTest,
    testing::Values(Case{"", ""}, Case{"abc|", ""}, Case{"(?i)abc", ""},
                    Case{"(?s:abc)def", ""}, Case{"abc|d*", ""},
                    Case{"(a|b|c|d|e|f|g|h|i)", ""}, Case{"(?:(?i)abc)", ""},
                    Case{R"(\x41bc)", ""}, Case{R"(\Qa|b\E)", ""},
                    Case{R"((.)\1abc)", ""}, Case{"foo(?#c)?x", ""},
                    Case{"a{0}", ""}, Case{"(abc", ""}, Case{"abc\\", ""},
                    Case{"(?x) abc", ""}, Case{"(*ACCEPT)abc", ""}));

}  // namespace
}  // namespace mxban
