#include "filter/interpolation.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::HasSubstr;

constexpr char kOther[] =
    "\n[DEFAULT]\nd = default\nx = hidden\n[t]\nx = 50%%\nup = %(v)s\nv = t";

// Option `k` of [s], resolved, or the error.
std::string Resolved(const std::string& section, const GivenValues& given = {},
                     const std::string& local = "") {
  ConfigDirectory directory;
  directory.Write("x.conf", "[s]\n" + section + kOther);
  if (!local.empty()) directory.Write("x.local", local);
  const auto file = IniFile::Load(directory.In("x"));
  if (!file.ok()) return std::string(file.status().message());
  const auto value = Resolve(*file, "s", "k", given);
  return value.ok() ? value->text : std::string(value.status().message());
}

struct Case {
  std::string section;
  std::string value;
};

class InterpolationTest : public testing::TestWithParam<Case> {};

TEST_P(InterpolationTest, Resolves) {
  EXPECT_EQ(Resolved(GetParam().section), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    All, InterpolationTest,
    testing::Values(Case{"k = 100%%", "100%"},                     //
                    Case{"k = <%(v)s>\nv = 1", "<1>"},             //
                    Case{"k = %(V)s\nv = %(w)s\nw = 2", "2"},      //
                    Case{"k = %(d)s", "default"},                  //
                    Case{"k = %(x)s\nx = own", "own"},             //
                    Case{"k = %(t/x)s", "50%"},                    //
                    Case{"k = %(t/d)s", "default"},                //
                    Case{"k = %(default/x)s\nx = own", "hidden"},  //
                    Case{"k = %(t/up)s\nv = own", "own"},          //
                    Case{"k = %(__name__)s", "s"},                 //
                    Case{"d = more %(known/d)s\nk = %(d)s", "more default"}));

TEST(InterpolationTest, GivenValuesWinAndAreTakenAsTheyAre) {
  EXPECT_EQ(Resolved("k = %(v)s\nv = 1", {{"v", "100%"}}), "100%");
  EXPECT_EQ(Resolved("k = %(known/v)s\nv = 1", {{"known/v", "7"}}), "7");
}

TEST(InterpolationTest, ALaterFileCanExtendAnEarlierOne) {
  EXPECT_EQ(Resolved("k = a", {}, "[s]\nk = %(known/k)s\n  b"), "a\nb");
}

TEST(InterpolationTest, MistakesNameTheirPlace) {
  EXPECT_THAT(Resolved("k = 5%"), HasSubstr("x.conf:2: option 'k': '%' must"));
  EXPECT_THAT(Resolved("k = %(z)s"),
              HasSubstr("x.conf:2: option 'k': %(z)s is defined nowhere"));
  EXPECT_THAT(Resolved("k = %(v)s\nv = %(z)s"), HasSubstr("x.conf:3: "));
  EXPECT_THAT(Resolved("k = %(k)s"), HasSubstr("more than ten levels"));
  EXPECT_THAT(Resolved("k = %(known/k)s"), HasSubstr("is defined nowhere"));
}

}  // namespace
}  // namespace mxban
