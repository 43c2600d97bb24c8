#include "filter/tag_substitution.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

std::string Substituted(const std::string& text) {
  static const auto& values = *new std::map<std::string, std::string>{
      {"a", "1"},           {"b", "<a>2"},      {"mode", "extra"},
      {"mdre-extra", "XX"}, {"loop", "<loop>"}, {"up", "<down>"},
      {"down", "<up>"},     {"empty", ""}};
  const auto result = SubstituteTags(text, [](absl::string_view tag) {
    const auto found = values.find(std::string(tag));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  });
  return result.ok() ? *result : std::string(result.status().message());
}

TEST(TagSubstitutionTest, ReplacesUntilNothingChanges) {
  EXPECT_EQ(Substituted("x<b>y<a>"), "x12y1");
  EXPECT_EQ(Substituted("<empty>"), "");
}

TEST(TagSubstitutionTest, InnerTagsComeFirst) {
  EXPECT_EQ(Substituted("<mdre-<mode>>"), "XX");
}

TEST(TagSubstitutionTest, UnknownTagsStay) {
  EXPECT_EQ(Substituted("<HOST> <z> <a b> < > <<z>> >x<"),
            "<HOST> <z> <a b> < > <<z>> >x<");
}

TEST(TagSubstitutionTest, ATagWithinItselfIsAMistake) {
  EXPECT_THAT(Substituted("<loop>"), HasSubstr("<loop> contains itself"));
  EXPECT_THAT(Substituted("<up>"), HasSubstr("contains itself"));
}

TEST(TagSubstitutionTest, ATagMayStandAnywhereAnyNumberOfTimes) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "<a>";
  EXPECT_EQ(Substituted(text), std::string(100, '1'));
}

TEST(TagSubstitutionTest, WhatGrowsTooLongIsRefused) {
  std::string text;
  while (text.size() < (1 << 20) / 2) text += "<long>";
  const auto result = SubstituteTags(
      text, [](absl::string_view) { return std::string(1000, 'x'); });
  EXPECT_FALSE(result.ok());
}

}  // namespace
}  // namespace mxban
