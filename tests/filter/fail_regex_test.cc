#include "filter/fail_regex.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

// What `part` of `expression` captures of `text`; "-" if nothing.
std::string Capture(const std::string& expression, const std::string& text,
                    FailRegex::Part part, bool use_names = true) {
  auto regex = FailRegex::Compile(expression, {.use_names = use_names});
  if (!regex.ok()) return std::string(regex.status().message());
  if (regex->Search(text) != Regex::Verdict::kMatch) return "(missed)";
  return std::string(regex->Captured(part, text).value_or("-"));
}

struct Case {
  const char* expression;
  const char* text;
  FailRegex::Part part;
  const char* captured;
};

class CaptureTagTest : public testing::TestWithParam<Case> {};

TEST_P(CaptureTagTest, Captures) {
  EXPECT_EQ(Capture(GetParam().expression, GetParam().text, GetParam().part),
            GetParam().captured);
}

INSTANTIATE_TEST_SUITE_P(
    All, CaptureTagTest,
    testing::Values(
        Case{"^<HOST>$", "192.0.2.1", FailRegex::kIp4, "192.0.2.1"},
        Case{"^<HOST>$", "::ffff:192.0.2.1", FailRegex::kIp4, "192.0.2.1"},
        Case{"^<HOST>$", "2001:db8::1", FailRegex::kIp6, "2001:db8::1"},
        Case{"^<HOST>$", "[2001:db8::]", FailRegex::kIp6, "2001:db8::"},
        Case{"^<HOST>$", "mx.example.net", FailRegex::kDns, "mx.example.net"},
        Case{"^<ADDR>$", "[192.0.2.1]", FailRegex::kIp4, "192.0.2.1"},
        Case{"^<F-ADDR/>$", "mx.example.net", FailRegex::kIp4, "(missed)"},
        Case{"^<IP4>$", "2001:db8::1", FailRegex::kIp4, "(missed)"},
        Case{"^<F-IP4/>$", "192.0.2.1", FailRegex::kIp4, "192.0.2.1"},
        Case{"^<IP6>$", "2001:db8::1", FailRegex::kIp6, "2001:db8::1"},
        Case{"^<F-IP6/>$", "::1", FailRegex::kIp6, "::1"},
        Case{"^<DNS>$", "a-b.c", FailRegex::kDns, "a-b.c"},
        Case{"^<F-DNS/>$", "a-b.", FailRegex::kDns, "(missed)"},
        Case{"^<IP4>/<CIDR>$", "192.0.2.0/24", FailRegex::kCidr, "24"},
        Case{"^<SUBNET>$", "192.0.2.0/24", FailRegex::kCidr, "24"},
        Case{"^<F-SUBNET/>$", "[192.0.2.0]", FailRegex::kIp4, "192.0.2.0"},
        Case{"id=<F-ID/> ", "id=a:b c", FailRegex::kId, "a:b"},
        Case{"<F-ID>a.c</F-ID>", "xabcx", FailRegex::kId, "abc"},
        Case{"<HOST>:<F-PORT/>", "192.0.2.1:25", FailRegex::kIp4, "192.0.2.1"},
        Case{"<F-CONTENT>.*</F-CONTENT>", "abc", FailRegex::kContent, "abc"},
        Case{"<F-USER>.</F-USER>(?(user)</F-X> <HOST>)", "a</F-X> b",
             FailRegex::kDns, "b"},
        Case{"<F-USER>a*</F-USER><F-ALT_USER>b</F-ALT_USER>", "b",
             FailRegex::kUser, "b"},
        Case{"<F-USER>a</F-USER>(?P<alt_user_1>b)", "ab", FailRegex::kUser,
             "a"},
        Case{"x (?:(?P<mlfid>x)|y)", "x y", FailRegex::kMlfId, "-"},
        Case{"<F-FOO/> <HOST>", "<F-FOO/> y", FailRegex::kDns, "y"},
        Case{"<F-ID>a</F-ID><F-TUPLE_ID>b</F-TUPLE_ID>", "ab", FailRegex::kId,
             "a b"},
        Case{"<x> <HOST>", "<x> y", FailRegex::kDns, "y"}));

TEST(FailRegexTest, WithoutNamesAHostIsAnAddress) {
  EXPECT_EQ(Capture("^<HOST>$", "mx.example.net", FailRegex::kDns, false),
            "(missed)");
  EXPECT_EQ(Capture("^<HOST>$", "192.0.2.1", FailRegex::kIp4, false),
            "192.0.2.1");
}

TEST(FailRegexTest, TheHowTosExpressionMissesWhatItMissesInFail2Ban) {
  const std::string expression =
      R"(\[<HOST>\]: possible SMTP attack: command=AUTH)";
  const std::string attack = ": possible SMTP attack: command=AUTH, count=5";
  EXPECT_EQ(Capture(expression, "[192.0.2.1]" + attack, FailRegex::kIp4),
            "192.0.2.1");
  EXPECT_EQ(Capture(expression, "[192.0.2.1] (may be forged)" + attack,
                    FailRegex::kIp4),
            "(missed)");
  EXPECT_EQ(Capture(expression, "[IPv6:2001:db8::1]" + attack, FailRegex::kIp6),
            "(missed)");
}

TEST(FailRegexTest, KnowsWhetherItCanSayWhoItWas) {
  const auto captures = [](absl::string_view expression) {
    return FailRegex::Compile(expression, {})->CapturesFailureId();
  };
  EXPECT_TRUE(captures("<F-ID/>"));
  EXPECT_TRUE(captures("(?P<ip4>x)"));
  EXPECT_TRUE(captures("<F-MLFID>x</F-MLFID>"));
  EXPECT_TRUE(captures("<F-ALT_ID>x</F-ALT_ID>"));
  EXPECT_FALSE(captures("<F-USER>x</F-USER>"));
}

TEST(FailRegexTest, ATupleIsMadeOfAllItsParts) {
  const std::string expression =
      "<F-TUPLE_ID_1>\\w+</F-TUPLE_ID_1>,<F-TUPLE_ID_2>\\w+</F-TUPLE_ID_2>";
  EXPECT_EQ(Capture(expression, "a,b", FailRegex::kId), "a b");
}

TEST(FailRegexTest, LinesCanBeSkipped) {
  auto regex = FailRegex::Compile("^a<SKIPLINES>^b<SKIPLINES>^c",
                                  {.anchors = Regex::Anchors::kLines});
  ASSERT_TRUE(regex.ok()) << regex.status();
  ASSERT_EQ(regex->Search("a\n1\nb\nb\nb\nc\n"), Regex::Verdict::kMatch);
  const auto skipped = regex->SkippedLines();
  ASSERT_EQ(skipped.size(), 2u);
  EXPECT_EQ(skipped[0].begin, 2u);
  EXPECT_EQ(skipped[0].end, 4u);
  EXPECT_EQ(skipped[1].begin, 6u);
  EXPECT_EQ(skipped[1].end, 10u);
}

struct Refusal {
  const char* expression;
  const char* message;
};

class FailRegexRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(FailRegexRefusalTest, SaysWhat) {
  const auto regex = FailRegex::Compile(GetParam().expression, {});
  ASSERT_FALSE(regex.ok());
  EXPECT_THAT(std::string(regex.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, FailRegexRefusalTest,
    testing::Values(Refusal{" ", "the expression is empty"},
                    Refusal{"<HOST> <HOST>", "two named subpatterns"},
                    Refusal{"<F-ID>x", "missing closing parenthesis"}));

}  // namespace
}  // namespace mxban
