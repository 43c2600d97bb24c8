#include "ctl/mxban_regex_filter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MxbanRegexFilterTest : public testing::Test {
 protected:
  MxbanRegexFilterTest() {
    directory_.Write("filter.d/f.conf",
                     "[Definition]\nfailregex = <w> <HOST>$\n"
                     "[Init]\nw = bad\n");
  }

  RegexRequest Named(const std::string& filter) {
    return {.filter = filter, .filter_dir = directory_.In("filter.d")};
  }

  // The first failregex of what `request` means, or the error.
  static std::string Found(const RegexRequest& request) {
    const auto reading = FindFilter(request);
    if (!reading.ok()) return std::string(reading.status().message());
    return reading->filter.fail_regexes[0];
  }

  std::string Found(const std::string& filter) { return Found(Named(filter)); }

  ConfigDirectory directory_;
};

TEST_F(MxbanRegexFilterTest, ANameWithOrWithoutOptions) {
  EXPECT_EQ(Found("f"), "bad <HOST>$");
  EXPECT_EQ(Found("f[w=worse]"), "worse <HOST>$");
  RegexRequest request = Named("f[w=worse]");
  request.options["w"] = "worst";
  EXPECT_EQ(Found(request), "worst <HOST>$");
}

TEST_F(MxbanRegexFilterTest, AFileIsReadAsAFilterOfThatName) {
  const std::string path = directory_.In("filter.d/f.conf");
  EXPECT_EQ(Found(path), "bad <HOST>$");
  EXPECT_EQ(Found(path + "[w=worse]"), "worse <HOST>$");
  directory_.Write("filter.d/f.local", "[Init]\nw = local\n");
  EXPECT_EQ(Found(path), "local <HOST>$");
  directory_.Write("filter.d/f.d/a.conf", "[Definition]\nfailregex = d <HOST>");
  EXPECT_EQ(Found(path), "d <HOST>");
}

TEST_F(MxbanRegexFilterTest, AnyOtherFileIsReadAlone) {
  directory_.Write("mine",
                   "[INCLUDES]\nbefore = common\n[Definition]\n"
                   "failregex = %(x)s <HOST>$\n");
  directory_.Write("common", "[DEFAULT]\nx = included\n");
  directory_.Write("mine.local", "[Definition]\nx = local\n");
  EXPECT_EQ(Found(directory_.In("mine")), "included <HOST>$");
}

TEST_F(MxbanRegexFilterTest, WhatIsNeitherIsAnExpression) {
  for (const char* regex :
       {"<HOST>", R"(^bad \[<HOST>\]: [a-z]+$)", "[a=b]<HOST>", "f <HOST>"}) {
    EXPECT_EQ(Found(regex), regex);
  }
}

TEST_F(MxbanRegexFilterTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(Found("gone"), AllOf(HasSubstr("no file gone"),
                                   HasSubstr("/filter.d/gone.conf")));
  EXPECT_THAT(Found("gone[mode=x]"), HasSubstr("no file gone"));
  EXPECT_EQ(Found("/nowhere/f.conf"), "there is no file /nowhere/f.conf");
}

TEST_F(MxbanRegexFilterTest, MistakesInAFilterNameFileAndLine) {
  directory_.Write("filter.d/f.conf",
                   "[Definition]\nmaxlines = x\nfailregex = (<HOST>");
  EXPECT_THAT(Found("f"), AllOf(HasSubstr("f.conf:2: maxlines"),
                                HasSubstr("f.conf:3: failregex 1: missing")));
}

TEST_F(MxbanRegexFilterTest, TheRequestStandsInForTheFilter) {
  directory_.Write("filter.d/f.local",
                   "[Definition]\nignoreregex = one\n"
                   "datepattern = EPOCH\nmaxlines = 3\n");
  RegexRequest request = Named("f");
  EXPECT_EQ(FindFilter(request)->filter.max_lines, 3);
  request.ignore_regex = "two";
  request.date_pattern = "{NONE}\n\nLEPOCH";
  request.time_zone = "UTC";
  request.max_lines = 7;
  request.use_names = false;
  const Filter filter = FindFilter(request)->filter;
  EXPECT_THAT(filter.ignore_regexes, ElementsAre("one", "two"));
  EXPECT_THAT(filter.date_patterns, ElementsAre("{NONE}", "LEPOCH"));
  EXPECT_EQ(filter.time_zone, "UTC");
  EXPECT_EQ(filter.max_lines, 7);
  EXPECT_FALSE(filter.use_names);
}

TEST_F(MxbanRegexFilterTest, LinesOfTheJournalHaveNoStamp) {
  EXPECT_THAT(FindFilter(Named("f"))->filter.date_patterns, IsEmpty());
  EXPECT_THAT(FindFilter(Named("f[logtype=journal]"))->filter.date_patterns,
              ElementsAre("{NONE}"));
  RegexRequest request = Named("<HOST>");
  request.options["logtype"] = "journal";
  EXPECT_THAT(FindFilter(request)->filter.date_patterns, ElementsAre("{NONE}"));
}

}  // namespace
}  // namespace mxban::ctl
