#include "filter/filter_regexes.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

std::string CompileError(const Filter& filter) {
  return std::string(FilterRegexes::Compile(filter).status().message());
}

TEST(FilterRegexesTest, EachHasAName) {
  const auto regexes =
      FilterRegexes::Compile({.fail_regexes = {"<HOST>", "x <HOST>"},
                              .ignore_regexes = {"a"},
                              .prefix_regex = "b"});
  ASSERT_TRUE(regexes.ok()) << regexes.status();
  EXPECT_EQ(regexes->prefix->name, "prefregex");
  EXPECT_EQ(regexes->fail[1].name, "failregex 2");
  EXPECT_EQ(regexes->ignore[0].name, "ignoreregex 1");
}

TEST(FilterRegexesTest, OnlyFailregexesSeeLines) {
  auto regexes = FilterRegexes::Compile({.fail_regexes = {"^(?P<fid>b)"},
                                         .ignore_regexes = {"^b"},
                                         .prefix_regex = "^b",
                                         .max_lines = 2});
  ASSERT_TRUE(regexes.ok()) << regexes.status();
  EXPECT_EQ(regexes->fail[0].regex.Search("a\nb\n"), Regex::Verdict::kMatch);
  EXPECT_EQ(regexes->ignore[0].regex.Search("a\nb\n"),
            Regex::Verdict::kNoMatch);
  EXPECT_EQ(regexes->prefix->regex.Search("a\nb\n"), Regex::Verdict::kNoMatch);
}

TEST(FilterRegexesTest, RefusesFiltersThatFindNobody) {
  EXPECT_THAT(CompileError({}), HasSubstr("there is no failregex"));
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>", "x"}}),
              HasSubstr("failregex 2: captures no failure id"));
  EXPECT_EQ(CompileError({.fail_regexes = {"x"}, .prefix_regex = "<HOST>"}),
            "");
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>("}}),
              HasSubstr("failregex 1: missing closing"));
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>"}, .prefix_regex = "("}),
              HasSubstr("prefregex: missing closing"));
  EXPECT_THAT(
      CompileError({.fail_regexes = {"<HOST>"}, .ignore_regexes = {"a", "("}}),
      HasSubstr("ignoreregex 2: missing closing"));
}

TEST(FilterRegexesTest, ARightLoginHasAUserAndAnAddress) {
  const std::string user = "<F-USER>x</F-USER>";
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>"},
                            .success_regexes = {user + "<ADDR>", user}}),
              HasSubstr("successregex 2: captures no address"));
  EXPECT_THAT(
      CompileError({.fail_regexes = {"<HOST>"}, .success_regexes = {"<HOST>"}}),
      HasSubstr("successregex 1: captures no user"));
  EXPECT_THAT(
      CompileError({.fail_regexes = {"<HOST>"}, .success_regexes = {"("}}),
      HasSubstr("successregex 1: missing closing"));
  EXPECT_EQ(CompileError({.fail_regexes = {"x"},
                          .prefix_regex = "<HOST> " + user,
                          .success_regexes = {"y"}}),
            "");
}

}  // namespace
}  // namespace mxban
