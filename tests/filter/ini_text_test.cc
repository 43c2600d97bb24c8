#include "filter/ini_text.h"

#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

// The value of the only option that `text` must have.
std::string ValueOf(const std::string& text) {
  const auto sections = ParseIniText("[s]\n" + text, "f");
  if (!sections.ok()) return std::string(sections.status().message());
  if (sections->at(0).options.size() != 1) return "(not one option)";
  return sections->at(0).options[0].value;
}

std::string ErrorOf(const std::string& text) {
  const auto sections = ParseIniText(text, "f");
  return sections.ok() ? "" : std::string(sections.status().message());
}

struct ValueCase {
  std::string text;
  std::string value;
};

class IniValueTest : public testing::TestWithParam<ValueCase> {};

TEST_P(IniValueTest, IsReadAsPythonReadsIt) {
  EXPECT_EQ(ValueOf(GetParam().text), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, IniValueTest,
    testing::Values(ValueCase{"k = v", "v"},              //
                    ValueCase{"k: v", "v"},               //
                    ValueCase{"k=v=w", "v=w"},            //
                    ValueCase{"k =", ""},                 //
                    ValueCase{"k = 1 ; note", "1"},       //
                    ValueCase{"k = 3;4", "3;4"},          //
                    ValueCase{"k = 1 # one", "1 # one"},  //
                    ValueCase{"k = a\n  b\n\tc", "a\nb\nc"},
                    ValueCase{"k =\n  a\n  b", "\na\nb"},
                    ValueCase{"k = a\n # no\n  b", "a\nb"},
                    ValueCase{"k = a\n\n  b\n\n", "a\n\nb"},
                    ValueCase{"k = a\n  x = y", "a\nx = y"},
                    ValueCase{"k = a\r\n  b\r\n", "a\nb"},
                    ValueCase{"; k = 1\n#x\nk = 2", "2"}));

TEST(IniTextTest, KeysAreLowerCasedAndSectionsAreNot) {
  const auto sections = ParseIniText("[Ab]\nBanTime.X?y/z = 1", "f");
  ASSERT_TRUE(sections.ok());
  EXPECT_EQ(sections->at(0).name, "Ab");
  EXPECT_EQ(sections->at(0).options[0].key, "bantime.x?y/z");
}

TEST(IniTextTest, EveryOptionKnowsItsLine) {
  const auto sections = ParseIniText("\n[a]\n\nk = 1\n  2\nl = 3", "dir/f");
  ASSERT_TRUE(sections.ok());
  EXPECT_EQ(sections->at(0).place.ToString(), "dir/f:2");
  EXPECT_EQ(sections->at(0).options[1].place.ToString(), "dir/f:6");
}

TEST(IniTextTest, RefusesWhatItDoesNotUnderstandByLine) {
  EXPECT_THAT(ErrorOf("k = v"), HasSubstr("f:1: 'k = v' stands before"));
  EXPECT_THAT(ErrorOf("[s]\nword"), HasSubstr("f:2: 'word' is not 'key"));
  EXPECT_THAT(ErrorOf("[s\n"), HasSubstr("f:1: '[s' is no section header"));
  EXPECT_THAT(ErrorOf("[s] x\n"), HasSubstr("f:1: ' x' follows"));
  EXPECT_THAT(ErrorOf("[s]\nk = \xff"), HasSubstr("f:2: this line is not UTF"));
}

TEST(IniTextTest, RefusesToReadTheSameThingTwice) {
  EXPECT_THAT(ErrorOf("[s]\nk=1\nK=2"),
              HasSubstr("f:3: option 'k' is there twice, first at line 2"));
  EXPECT_THAT(ErrorOf("[s]\n[t]\n[s]"),
              HasSubstr("f:3: section [s] is there twice, first at line 1"));
}

TEST(IniTextTest, ListsEveryMistake) {
  EXPECT_EQ(ErrorOf("[s]\nx\ny"),
            "f:2: 'x' is not 'key = value'\nf:3: 'y' is not 'key = value'");
}

// Whatever options a file holds, they are read back.
TEST(IniTextTest, WhatIsWrittenIsReadBack) {
  std::mt19937 random(1);
  const std::string letters = "ab%<>()\\.$[]=:'\" ;#1";
  for (int round = 0; round < 2000; ++round) {
    std::string value = "x";
    for (int i = random() % 20; i > 0; --i) {
      value += letters[random() % letters.size()];
      if (random() % 8 == 0) value += "\nx";
    }
    value += "x";
    if (value.find(" ;") != std::string::npos) continue;  // A comment.
    std::string text = "k = ";
    for (const char c : value) text += c == '\n' ? "\n  " : std::string(1, c);
    EXPECT_EQ(ValueOf(text).find_first_not_of(" ;#\n"), 0u);
    std::string stripped;  // Blanks at the end of a line do not count.
    for (const char c : value) {
      while (c == '\n' && !stripped.empty() && stripped.back() == ' ') {
        stripped.pop_back();
      }
      stripped += c;
    }
    EXPECT_EQ(ValueOf(text), stripped) << text;
  }
}

}  // namespace
}  // namespace mxban
