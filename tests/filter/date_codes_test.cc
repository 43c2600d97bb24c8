#include "filter/date_codes.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/regex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;

// Whether `code` matches the whole of `text`.
bool Matches(const std::string& code, const std::string& text) {
  const std::string expression = ExpandDateCodes(code, 2029).value();
  Regex regex = Regex::Compile(absl::StrCat("^(?:", expression, ")$")).value();
  return regex.Search(text) == Regex::Verdict::kMatch;
}

struct Case {
  const char* code;
  std::vector<std::string> matching;
  std::vector<std::string> others;
};

class DateCodeTest : public testing::TestWithParam<Case> {};

TEST_P(DateCodeTest, Matches) {
  for (const std::string& text : GetParam().matching) {
    EXPECT_TRUE(Matches(GetParam().code, text)) << text;
  }
  for (const std::string& text : GetParam().others) {
    EXPECT_FALSE(Matches(GetParam().code, text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Days, DateCodeTest,
    testing::Values(
        Case{"%Y", {"0000", "1999", "9999"}, {"", "999", "20260", "20x6"}},
        Case{"%ExY", {"2000", "2029"}, {"1999", "2030", "2099", "202"}},
        Case{"%y", {"00", "99"}, {"1", "123"}},
        Case{"%Exy", {"00", "99"}, {"1", "123"}},
        Case{"%m", {"1", "09", "12"}, {"0", "00", "13", " 1"}},
        Case{"%Exm", {"01", "12"}, {"1", "00", "13"}},
        Case{"%d", {"1", "01", " 1", "31"}, {"0", "00", "32", " 31", " 0"}},
        Case{"%Exd", {"01", "31"}, {"1", " 1", "00", "32"}},
        Case{"%b", {"Jan", "May", "Dec"}, {"January", "Ja", "Maj"}},
        Case{"%B", {"January", "May", "December"}, {"Jan", "Dec"}},
        Case{"%a", {"Mon", "Sun"}, {"Monday", "So"}},
        Case{"%A", {"Monday", "Sunday"}, {"Mon", "Sonntag"}},
        Case{"%j", {"1", "01", "001", "99", "365", "366"}, {"0", "000", "367"}},
        Case{"%U", {"0", "00", "9", "53"}, {"54", "001"}},
        Case{"%W", {"0", "00", "9", "53"}, {"54", "001"}},
        Case{"%w", {"0", "6"}, {"7", "00"}}));

INSTANTIATE_TEST_SUITE_P(
    Times, DateCodeTest,
    testing::Values(
        Case{"%H", {"0", "00", "9", "19", "23"}, {"24", "30", " 1"}},
        Case{"%ExH", {"00", "23"}, {"0", "24", " 1"}},
        Case{"%k", {"0", " 0", "23", "29"}, {"30", "  1"}},
        Case{"%Exk", {"0", " 0", "23", " 23"}, {"24", "29", "30"}},
        Case{"%I", {"1", "01", "12"}, {"0", "00", "13"}},
        Case{"%l", {"1", " 1", "12", "19"}, {"20", "01"}},
        Case{"%Exl", {"1", " 1", "12"}, {"0", "13", "19"}},
        Case{"%p", {"am", "pm"}, {"a", "xm"}},
        Case{"%M", {"0", "00", "59"}, {"60", "000"}},
        Case{"%ExM", {"00", "59"}, {"0", "60"}},
        Case{"%S", {"0", "00", "59", "60", "61"}, {"62"}},
        Case{"%ExS", {"00", "59", "61"}, {"0", "62"}},
        Case{"%f", {"1", "123456"}, {"", "1234567"}},
        Case{"%z",
             {"Z", "UTC", "GMT", "+01", "-0130", "+01:30"},
             {"CET", "+1", "+20", "+01:3", "+0160", "A"}},
        Case{"%Z", {"Z", "CET", "CHADT"}, {"A", "CE", "ABCDEF", "cet"}},
        Case{"%Exz", {"A", "CET", "+0130", "CET+01", "Z-01:30"}, {"CE", "+1"}},
        Case{"%ExZ", {"A", "CET", "CET+01"}, {"+0130", "CE"}},
        Case{"{EPOCH}", {"1234567890", "12345678901.123"}, {"123456789"}},
        Case{"{LEPOCH}",
             {"1234567890", "1234567890123", "1234567890123456"},
             {"123456789012", "12345678901234"}},
        Case{"{TAI64N}",
             {"@4000000043a3d1e20fb3f3cc"},
             {"4000000043a3d1e20fb3f3cc", "@4000000043a3d1e20fb3f3c"}},
        Case{"%c", {"Mon Nov 23 08:40:11 2026"}, {"Mon Nov 23"}},
        Case{"%%", {"%"}, {"%%"}}, Case{"%%Y", {"%Y"}, {"%2026"}},
        Case{"%Y%%", {"2026%"}, {"2026"}}));

TEST(DateCodesTest, TheLastYearSaysHowFarTheCenturyGoes) {
  EXPECT_EQ(ExpandDateCodes("%ExY", 2009).value(), R"((?P<Y>200\d))");
  EXPECT_EQ(ExpandDateCodes("%ExY", 2029).value(), R"((?P<Y>20[0-2]\d))");
  EXPECT_EQ(ExpandDateCodes("%ExY", 2099).value(), R"((?P<Y>20[0-9]\d))");
}

TEST(DateCodesTest, UnknownCodesAreNamed) {
  for (const char* code : {"%Q", "%", "%Ex", "%ExQ", "%(", "%e", "%D"}) {
    const auto expanded = ExpandDateCodes(absl::StrCat("a ", code), 2029);
    ASSERT_FALSE(expanded.ok()) << code;
    EXPECT_THAT(std::string(expanded.status().message()),
                HasSubstr(absl::StrCat("unknown code '", code, "'")));
  }
}

TEST(DateCodesTest, KnowsWhichCodesAreLetters) {
  for (const char* code : {"%a", "%A", "%b", "%B", "%p", "%c", "x%%%b"}) {
    EXPECT_TRUE(HasLetterCode(code)) << code;
  }
  for (const char* code : {"", "b", "%", "%Y", "%%b", "%ExY", "%Z", "%z"}) {
    EXPECT_FALSE(HasLetterCode(code)) << code;
  }
}

StampFields Read(const std::string& group, const std::string& text) {
  StampFields fields;
  for (const DateGroup& candidate : DateGroups()) {
    if (candidate.name == group) candidate.read(text, fields);
  }
  return fields;
}

TEST(DateCodesTest, ReadsFields) {
  EXPECT_EQ(Read("Y", "1999").year, 1999);
  EXPECT_EQ(Read("y", "26").year, 2026);
  EXPECT_EQ(Read("m", "07").month, 7);
  EXPECT_EQ(Read("b", "jul").month, 7);
  EXPECT_EQ(Read("B", "JULY").month, 7);
  EXPECT_EQ(Read("d", " 3").day, 3);
  EXPECT_EQ(Read("j", "032").day_of_year, 32);
  EXPECT_EQ(Read("U", "03").sunday_week, 3);
  EXPECT_EQ(Read("W", "3").monday_week, 3);
  EXPECT_EQ(Read("w", "0").weekday, 0);
  EXPECT_EQ(Read("a", "Mon").weekday, 1);
  EXPECT_EQ(Read("A", "saturday").weekday, 6);
  EXPECT_EQ(Read("H", "23").hour, 23);
  EXPECT_EQ(Read("k", " 8").hour, 8);
  EXPECT_EQ(Read("I", "12").half_hour, 12);
  EXPECT_EQ(Read("l", " 8").half_hour, 8);
  EXPECT_TRUE(Read("p", "PM").is_afternoon);
  EXPECT_FALSE(Read("p", "am").is_afternoon);
  EXPECT_EQ(Read("M", "59").minute, 59);
  EXPECT_EQ(Read("S", "61").second, 61);
  EXPECT_EQ(Read("z", "-0130").zone_minutes, -90);
  EXPECT_EQ(Read("Z", "CEST").zone_minutes, 120);
  EXPECT_TRUE(Read("Z", "Z").has_zone);
  EXPECT_FALSE(Read("Z", "QQQ").has_zone) << "then the log's own";
}

TEST(DateCodesTest, ReadsSecondsSince1970) {
  EXPECT_EQ(Read("EPOCH", "1700000000.123").unix_seconds, 1700000000);
  EXPECT_EQ(Read("LEPOCH", "17000000000").unix_seconds, 17000000000);
  EXPECT_EQ(Read("LEPOCH", "1700000000123").unix_seconds, 1700000000);
  EXPECT_EQ(Read("LEPOCH", "1700000000123456").unix_seconds, 1700000000);
  EXPECT_EQ(Read("TAI64N", "@4000000043a3D1e20fb3f3cc").unix_seconds,
            1134809570);
}

// A pattern's own group may have a code's name, and capture anything.
TEST(DateCodesTest, AnyTextCanBeRead) {
  for (const DateGroup& group : DateGroups()) {
    for (const char* text :
         {"", "x", "-1", "99999999999999999999999999999999", "\xff\xfe",
          "@ffffffffffffffffffffffff", "0x", " "}) {
      Read(std::string(group.name), text);
    }
  }
  EXPECT_GT(Read("d", "99999999999999999999").day, 31);
}

}  // namespace
}  // namespace mxban
