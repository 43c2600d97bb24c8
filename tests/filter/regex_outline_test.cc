#include "filter/regex_outline.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

std::string Text(const RegexOutline& tokens) {
  std::string text;
  for (const RegexToken& token : tokens) {
    absl::StrAppend(&text, text.empty() ? "" : " ", token.text);
  }
  return text;
}

// The tokens around the first address of `expression`, ` @ ` for itself.
std::string Around(absl::string_view expression) {
  const RegexOutline outline = OutlineOf(expression);
  for (size_t i = 0; i < outline.size(); ++i) {
    if (outline[i].kind != RegexToken::Kind::kAddress) continue;
    return absl::StrCat(Text(TokensBefore(outline, i)), " @ ",
                        Text(TokensBehind(outline, i)));
  }
  return "none";
}

TEST(RegexOutlineTest, TokensAreWhatStandsInTheExpression) {
  EXPECT_EQ(Text(OutlineOf(R"(^a\.[]x\]]+(?:b|c)*?.{2,}<HOST>$)")),
            R"(^ a \. []x\]]+ (?: b | c )*? .{2,} <HOST> $)");
  EXPECT_EQ(Text(OutlineOf("(?i)(?P<n>a)(?P=n)(?(n)b|c)(?<=x)")),
            "(?i) (?P<n> a ) (?P=n) (?(n) b | c ) (?<= x )");
  EXPECT_EQ(Text(OutlineOf("<F-USER>a</F-USER><F-ID/><x>")),
            "<F-USER> a </F-USER> <F-ID/> < x >");
}

TEST(RegexOutlineTest, NonsenseDoesNotHurt) {
  for (const absl::string_view nonsense : {"", "(", ")", "[", "[^", "\\", "(?",
                                           "(?P<", "a{", "a{x}", "<", "|)("}) {
    EXPECT_LE(OutlineOf(nonsense).size(), nonsense.size()) << nonsense;
    Around(absl::StrCat(nonsense, "<HOST>", nonsense));
  }
}

TEST(RegexOutlineTest, QuantifiersAreUnderstood) {
  const RegexOutline outline = OutlineOf("a*b+?c?d{0,3}e{2}f{2,}(?:g)?");
  EXPECT_TRUE(outline[0].is_optional && outline[0].is_unbounded);
  EXPECT_TRUE(!outline[1].is_optional && outline[1].is_unbounded);
  EXPECT_TRUE(outline[1].is_lazy && !outline[0].is_lazy);
  EXPECT_TRUE(outline[2].is_optional && !outline[2].is_unbounded);
  EXPECT_TRUE(outline[3].is_optional && !outline[3].is_unbounded);
  EXPECT_TRUE(!outline[4].is_optional && !outline[4].is_unbounded);
  EXPECT_TRUE(!outline[5].is_optional && outline[5].is_unbounded);
  EXPECT_TRUE(outline[6].is_optional) << "a group, too";
}

TEST(RegexOutlineTest, BeforeAndBehindAnAddress) {
  EXPECT_EQ(Around("^a <HOST> b$"), "^ a   @   b $");
  EXPECT_EQ(Around("a(?:b|c)<ADDR>(d|e)f"), "a (?: b | c ) @ ( d | e ) f");
}

TEST(RegexOutlineTest, OtherAlternativesAreNotOnTheWay) {
  EXPECT_EQ(Around("a(?:x|b<HOST>c|y)d"), "a (?: b @ c ) d");
  EXPECT_EQ(Around("a(?:x|(y|b<IP4>c)d|z)e"), "a (?: ( b @ c ) d ) e");
  EXPECT_EQ(Around("x|<HOST>|y"), " @ ");
}

TEST(RegexOutlineTest, LookaroundsAreLeftOut) {
  EXPECT_EQ(Around("(?=.*x)a<HOST>(?!.*(y|z))b"), "a @ b");
}

}  // namespace
}  // namespace mxban
