#include "filter/default_templates.h"

#include <set>

#include "absl/strings/match.h"
#include "filter/date_template.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(DefaultTemplatesTest, AllCompile) {
  for (const char* line : {"{DEFAULT}", "^x({DATE})", "EPOCH", "LEPOCH"}) {
    for (const NamedDatePattern& pattern : PatternsOf(line)) {
      EXPECT_TRUE(DateTemplate::Compile(pattern.pattern, 2029).ok())
          << pattern.pattern;
    }
  }
}

TEST(DefaultTemplatesTest, ThereAreThirtyOne) {
  const auto patterns = PatternsOf("{DEFAULT}");
  ASSERT_EQ(patterns.size(), 31u);
  size_t anchored = 0;
  std::set<std::string> names;
  for (const NamedDatePattern& pattern : patterns) {
    anchored += DateTemplate::Compile(pattern.pattern, 2029)->is_anchored();
    names.insert(pattern.name);
  }
  EXPECT_EQ(anchored, 17u);
  EXPECT_EQ(names.size(), 31u) << "a name says which one it is";
}

TEST(DefaultTemplatesTest, FourteenAreAtTheLineBegin) {
  const auto tied = PatternsOf("{^ln-beg}");
  const auto all = PatternsOf("{default}");
  ASSERT_EQ(tied.size(), 14u);
  for (size_t i = 0; i < tied.size(); ++i) {
    EXPECT_TRUE(absl::StartsWith(tied[i].pattern, "{^LN-BEG}"));
    EXPECT_EQ(tied[i].pattern, all[i].pattern);
  }
}

TEST(DefaultTemplatesTest, TheHeadOfTheListIsReadByHand) {
  EXPECT_TRUE(StartsWithDefaults("{Default}"));
  EXPECT_TRUE(StartsWithDefaults("{^LN-BEG}"));
  EXPECT_FALSE(StartsWithDefaults("{^LN-BEG}EPOCH"));
  EXPECT_FALSE(StartsWithDefaults("{DATE}"));
  const auto patterns = PatternsOf("{^LN-BEG}");
  EXPECT_TRUE(absl::StrContains(patterns[kIsoTemplate].name, "ISO 8601"));
  EXPECT_TRUE(absl::StrContains(patterns[kSyslogTemplate].name, "RFC 3164"));
  EXPECT_EQ(patterns[kEpochTemplate].name, "Seconds since 1970");
}

TEST(DefaultTemplatesTest, WhatIsOfTheListAloneIsKnown) {
  for (const char* line : {"{DEFAULT}", "{^LN-BEG}", "{None}",
                           "{^LN-BEG}TAI64N", "EPOCH", "^lepoch"}) {
    EXPECT_TRUE(IsOfTemplates(line)) << line;
  }
  for (const char* line : {"", "%Y", "{UNB}EPOCH", "x{DATE}"}) {
    EXPECT_FALSE(IsOfTemplates(line)) << line;
  }
}

TEST(DefaultTemplatesTest, DateIsEveryTemplateInItsPlace) {
  const auto patterns = PatternsOf("^<({date})>");
  ASSERT_EQ(patterns.size(), 17u);
  EXPECT_EQ(patterns[5].pattern, "^<(%m/%d/%ExY:%H:%M:%S)>");
  EXPECT_EQ(patterns[5].name, "^<(Month/Day/Year:Hour:Minute:Second)>");
  EXPECT_EQ(patterns[8].pattern, "^<(%H:%M:%S)>");
  EXPECT_EQ(patterns[7].pattern, "^<({EPOCH})>");
}

TEST(DefaultTemplatesTest, NumbersAreCalledAsTheyAreWritten) {
  for (const char* line : {"EPOCH", "Epoch", "{^LN-BEG}LEPOCH", "^TAI64N"}) {
    const auto patterns = PatternsOf(line);
    ASSERT_EQ(patterns.size(), 1u) << line;
    EXPECT_EQ(patterns[0].name, line);
    EXPECT_NE(patterns[0].pattern, line);
  }
}

TEST(DefaultTemplatesTest, NoneIsNone) {
  EXPECT_TRUE(PatternsOf("{NONE}").empty());
  EXPECT_TRUE(PatternsOf("{none}").empty());
}

TEST(DefaultTemplatesTest, TheRestIsItself) {
  for (const char* line : {"%Y", "", "EPOCHS", "{EPOCH}", "x{DEFAULT}", "{"}) {
    const auto patterns = PatternsOf(line);
    ASSERT_EQ(patterns.size(), 1u) << line;
    EXPECT_EQ(patterns[0].pattern, line);
    EXPECT_EQ(patterns[0].name, line);
  }
}

}  // namespace
}  // namespace mxban
