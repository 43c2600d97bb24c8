#include "filter/date_expression.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

constexpr char kBegin[] = R"((?=^|\b|\W))";
constexpr char kEnd[] = R"((?=\b|\W|$))";
constexpr char kLineBegin[] = R"(^(?:\W{0,2})?)";

DateExpression Make(const std::string& pattern) {
  return MakeDateExpression(pattern, 2029).value();
}

std::string TextOf(const std::string& pattern) { return Make(pattern).text; }

TEST(DateExpressionTest, BoundariesStandRoundTheGroup) {
  EXPECT_EQ(TextOf("x"), std::string(kBegin) + "(x)" + kEnd);
  EXPECT_EQ(TextOf("^x"), std::string("^(x)") + kEnd);
  EXPECT_EQ(TextOf("x$"), std::string(kBegin) + "(x)$");
  EXPECT_EQ(TextOf(R"(x\$)"), std::string(kBegin) + R"((x\$))" + kEnd);
  EXPECT_EQ(TextOf(R"(x\\$)"), std::string(kBegin) + R"((x\\)$)");
  EXPECT_EQ(TextOf(R"(x\b)"), std::string(kBegin) + R"((x\b))");
  EXPECT_EQ(TextOf(R"(x\s)"), std::string(kBegin) + R"((x\s))");
  EXPECT_EQ(TextOf(R"(x\\s)"), std::string(kBegin) + R"((x\\s))" + kEnd);
  EXPECT_EQ(TextOf("{^LN-BEG}x"), std::string(kLineBegin) + "(x)" + kEnd);
  EXPECT_EQ(TextOf("{^ln-beg}x$"), std::string(kLineBegin) + "(x)$");
}

TEST(DateExpressionTest, BoundariesCanBeSwitchedOff) {
  EXPECT_EQ(TextOf("**x"), std::string("(x)") + kEnd);
  EXPECT_EQ(TextOf("x**"), std::string(kBegin) + "(x)");
  EXPECT_EQ(TextOf("**x**"), "(x)");
  EXPECT_EQ(TextOf("{UNB}x"), "(x)");
  EXPECT_EQ(TextOf("{unb}^x$"), "^(x)$");
  EXPECT_EQ(TextOf("{^LN-BEG}x**"), std::string(kLineBegin) + "(x)");
}

TEST(DateExpressionTest, AGroupOfOnesOwnStays) {
  EXPECT_EQ(TextOf("a(x)"), std::string(kBegin) + "a(x)" + kEnd);
  EXPECT_EQ(TextOf(R"(a\(x)"), std::string(kBegin) + R"((a\(x))" + kEnd);
  EXPECT_EQ(TextOf("a(?:x)"), std::string(kBegin) + "(a(?:x))" + kEnd);
  EXPECT_EQ(TextOf("(?P<a>x)"), std::string(kBegin) + "((?P<a>x))" + kEnd);
  EXPECT_EQ(TextOf("{^LN-BEG}a(x)**"), std::string(kLineBegin) + "a(x)");
  EXPECT_EQ(TextOf("()"), std::string(kBegin) + "()" + kEnd);
}

TEST(DateExpressionTest, KnowsWhatIsTiedToTheBegin) {
  for (const char* pattern :
       {"^x", "{^LN-BEG}x", "(^x)", "(?:^x)", "((?P<a>^x))", "{UNB}^x"}) {
    const DateExpression expression = Make(pattern);
    EXPECT_TRUE(expression.is_anchored) << pattern;
    EXPECT_EQ(expression.text.find(kBegin), std::string::npos) << pattern;
  }
  for (const char* pattern :
       {"x", "", R"(\^x)", "**x", "(x^)", "(?=^)x", "(?P<a", "x|^y"}) {
    EXPECT_FALSE(Make(pattern).is_anchored) << pattern;
  }
}

TEST(DateExpressionTest, LettersHaveNoCase) {
  EXPECT_EQ(TextOf("**%p**"), "(?i)((?P<p>am|pm))");
  EXPECT_EQ(TextOf("**%w**"), "((?P<w>[0-6]))");
}

TEST(DateExpressionTest, UnknownCodesAreErrors) {
  EXPECT_FALSE(MakeDateExpression("%Q", 2029).ok());
}

}  // namespace
}  // namespace mxban
