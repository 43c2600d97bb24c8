#include "filter/regex_leaks.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(RegexLeaksTest, TightExpressionsAreLeftAlone) {
  for (const char* tight : {
           R"(^sm-mta\[\d+\]: bad \[<HOST>\]: x)",
           R"(^bad <HOST>$)",
           R"(bad <HOST>$)",
           R"(^.* bad <HOST>$)",
           R"(^bad \S+ <HOST> port \d+)",
           R"(^bad <HOST>(?: port \d+)?$)",
           R"(^bad <HOST>(?:\s|$))",
           R"(^(?:a|b) <HOST>,)",
           R"((?i)^bad <HOST>,)",
           R"((?:^a|^b) <HOST>,)",
           R"(^(?:.* a|b <HOST>),)",
           R"(^(?!.*x)bad (?:<IP4>|<IP6>)\])",
           R"(^<F-ID>.*</F-ID>)",
           R"(^connect from \S+\[<HOST>\]: lost)",
           R"(^relay=(?:\S+ )?\[(?:IPv6:)?<HOST>\](?: \(may be forged\))?$)",
       }) {
    EXPECT_THAT(LeaksOf(tight), IsEmpty()) << tight;
  }
}

TEST(RegexLeaksTest, WhatIsNotHeldHitsAnywhere) {
  EXPECT_THAT(LeaksOf("bad <HOST>,"), ElementsAre(HasSubstr("to the begin")));
  EXPECT_THAT(LeaksOf(R"(\bbad <HOST>,.*$)"),
              ElementsAre(HasSubstr("to the begin")));
  EXPECT_THAT(LeaksOf("(?:a|b)? <HOST>,"),
              ElementsAre(HasSubstr("to the begin")));
}

TEST(RegexLeaksTest, AnyTextBeforeTheAddressChoosesIt) {
  EXPECT_THAT(LeaksOf("^user .* from <HOST> port"),
              ElementsAre(HasSubstr(".* takes the last")));
  EXPECT_THAT(LeaksOf("^user .+? from <HOST> port"),
              ElementsAre(HasSubstr(".+? takes the first")));
  EXPECT_THAT(LeaksOf("^user .* from <HOST> port .*$"),
              ElementsAre(HasSubstr("takes the last")));
}

TEST(RegexLeaksTest, TheLastRelayIsTheOne) {
  EXPECT_THAT(
      LeaksOf(R"(^AUTH failure .*, relay=\[(?:IPv6:)?<ADDR>\])"),
      ElementsAre(HasSubstr(R"(better, for the last one: relay=(?:\S+ )?\[)")));
}

TEST(RegexLeaksTest, ANameMayBeginLikeAnAddress) {
  for (const char* open :
       {"^bad <HOST>", R"(^bad <HOST>\b)", "^bad <HOST>.*$",
        "^bad (?:<HOST>|x)", "^bad <HOST>(?: port .)?", "^bad <HOST>,?"}) {
    EXPECT_THAT(LeaksOf(open), ElementsAre(HasSubstr("nothing bounds")))
        << open;
  }
}

TEST(RegexLeaksTest, SendmailWritesMoreThanBrackets) {
  EXPECT_THAT(
      LeaksOf(R"(\[<HOST>\]: possible SMTP attack: command=AUTH)"),
      ElementsAre(
          HasSubstr("to the begin"),
          AllOf(StartsWith(R"(\[<HOST>\]: misses)"),
                HasSubstr(R"(\[(?:IPv6:)?<HOST>\](?: \(may be forged\))?:)"))));
}

TEST(RegexLeaksTest, EveryExpressionOfAFilterIsNamed) {
  EXPECT_THAT(
      RegexLeaks({.fail_regexes = {"^a <HOST>$", "^b <HOST>"},
                  .ignore_regexes = {"<HOST>"},
                  .prefix_regex = "<HOST>: <F-CONTENT>.*</F-CONTENT>$"}),
      ElementsAre(StartsWith("prefregex: "), StartsWith("failregex 2: ")));
}

}  // namespace
}  // namespace mxban
