#include "filter/filter_definition.h"

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The filter `f` whose `f.conf` is `text`.
absl::StatusOr<FilterReading> Load(const std::string& text,
                                   const GivenValues& options = {}) {
  ConfigDirectory directory;
  directory.Write("f.conf", text);
  directory.Write("common.conf",
                  "[DEFAULT]\n_daemon = \\S*\n"
                  "p = ^<lt_<logtype>/p>\n"
                  "[lt_file]\np = <_daemon>%(_daemon)s:\n"
                  "[lt_journal]\np = J");
  const auto values = LoadFilterValues(directory.path(), "f", options);
  if (!values.ok()) return values.status();
  return ReadFilter(*values);
}

std::vector<std::string> Regexes(const std::string& text,
                                 const GivenValues& options = {}) {
  const auto reading = Load(text, options);
  if (!reading.ok()) return {std::string(reading.status().message())};
  return reading->filter.fail_regexes;
}

TEST(FilterDefinitionTest, TheHowTosFilterLoadsUnchanged) {
  const auto values =
      LoadFilterValues("tests/corpus/seed/filter.d", "sendmail", {});
  ASSERT_TRUE(values.ok()) << values.status();
  const Filter filter = ReadFilter(*values)->filter;
  EXPECT_THAT(filter.fail_regexes,
              ElementsAre(R"(\[<HOST>\]: possible SMTP attack: command=AUTH)"));
  EXPECT_THAT(filter.ignore_regexes, IsEmpty());
}

TEST(FilterDefinitionTest, OneExpressionALine) {
  EXPECT_THAT(Regexes("[Definition]\nfailregex = <HOST> a\n\n  <HOST> b"),
              ElementsAre("<HOST> a", "<HOST> b"));
}

TEST(FilterDefinitionTest, IncludedPrefixesAreResolvedInTwoStages) {
  const std::string text =
      "[INCLUDES]\nbefore = common.conf\n[Definition]\n"
      "_daemon = sendmail\nfailregex = <p> <HOST>";
  EXPECT_THAT(Regexes(text), ElementsAre("^sendmail\\S*: <HOST>"))
      << "%(...)s is the section's own, <...> the filter's";
  EXPECT_THAT(Regexes(text, {{"logtype", "journal"}}),
              ElementsAre("^J <HOST>"));
}

TEST(FilterDefinitionTest, TagsHaveNoCaseButForThoseOfInit) {
  EXPECT_THAT(Regexes("[Definition]\nFooBar = a\n"
                      "failregex = <FooBar><FOOBAR><Other> <HOST>\n"
                      "[Init]\nother = b"),
              ElementsAre("aa<Other> <HOST>"));
}

TEST(FilterDefinitionTest, ModesChooseExpressions) {
  const std::string text =
      "[Definition]\nmdre-normal = n <HOST>\n"
      "mdre-all = <mdre-normal>\n  a <HOST>\n"
      "failregex = <mdre-<mode>>\n[Init]\nmode = normal";
  EXPECT_THAT(Regexes(text), ElementsAre("n <HOST>"));
  EXPECT_THAT(Regexes(text, {{"mode", "all"}}),
              ElementsAre("n <HOST>", "a <HOST>"));
}

TEST(FilterDefinitionTest, BracketsWinOverInitAndInitOverDefinition) {
  const std::string text =
      "[DEFAULT]\nw = 0\n[Definition]\nw = 1\n"
      "failregex = <w> <known/w> <HOST>\n[Init]\nw = 2";
  EXPECT_THAT(Regexes(text), ElementsAre("2 2 <HOST>"));
  EXPECT_THAT(Regexes(text, {{"w", "3"}}), ElementsAre("3 2 <HOST>"));
}

TEST(FilterDefinitionTest, HelpersMayBeAnythingUntilUsed) {
  const std::string text = "[Definition]\nhelper = %(gone)s\nfailregex = ";
  EXPECT_THAT(Regexes(text + "<HOST>"), ElementsAre("<HOST>"));
  EXPECT_THAT(Regexes(text + "<helper><HOST>"),
              ElementsAre(HasSubstr("f.conf:2: option 'helper': %(gone)s")));
}

TEST(FilterDefinitionTest, DoublePercentsReachTheExpression) {
  EXPECT_THAT(Regexes("[Definition]\nfailregex = 5%% <HOST>"),
              ElementsAre("5% <HOST>"));
}

TEST(FilterDefinitionTest, ReadsNumbersAndTimes) {
  const auto reading = Load(
      "[Definition]\nfailregex = <HOST>\nmaxlines = 7\nmlfpending = 9\n"
      "mlftime = 2h\nusedns = no\n[Init]\nmaxlines = 8");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->filter.max_lines, 8u);
  EXPECT_EQ(reading->filter.pending_limit, 9u);
  EXPECT_EQ(reading->filter.join_time, absl::Hours(2));
  EXPECT_FALSE(reading->filter.use_names);
}

TEST(FilterDefinitionTest, RawNamesAreANote) {
  const auto reading = Load("[Definition]\nusedns = raw\nfailregex = <HOST>");
  ASSERT_TRUE(reading.ok());
  EXPECT_THAT(reading->notes, ElementsAre(HasSubstr("f.conf:2: usedns")));
}

struct Refusal {
  const char* definition;
  const char* message;
};

class FilterRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(FilterRefusalTest, NamesFileAndLine) {
  EXPECT_THAT(
      Regexes(std::string("[Definition]\n") + GetParam().definition),
      ElementsAre(HasSubstr(std::string("f.conf:2: ") + GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, FilterRefusalTest,
    testing::Values(
        Refusal{"failregex = (<HOST>", "failregex 1: missing closing"},
        Refusal{"failregex = <HOST>\n  (<HOST>", "failregex 2: missing"},
        Refusal{"ignoreregex = *", "ignoreregex 1: quantifier"},
        Refusal{"prefregex = (", "prefregex: missing"},
        Refusal{"maxlines = 0", "maxlines: '0' is no number from 1 to"},
        Refusal{"mlfpending = x", "mlfpending: 'x' is no number"},
        Refusal{"mlftime = 2d", "mlftime: '2d' is no time of up to a day"},
        Refusal{"failregex = <mdre-none>\n  <HOST>",
                "failregex 1: <mdre-none> is defined nowhere"},
        Refusal{"usedns = maybe", "usedns: 'maybe' is none of yes"},
        Refusal{"datepattern = %%Y(", "datepattern"},
        Refusal{"failregex = %(x)s", "option 'failregex': %(x)s is defined"},
        Refusal{"failregex = <failregex>", "failregex: <failregex> contains"}));

TEST(FilterDefinitionTest, AMissingFilterIsNotFound) {
  ConfigDirectory directory;
  EXPECT_TRUE(absl::IsNotFound(
      LoadFilterValues(directory.path(), "gone", {}).status()));
}

}  // namespace
}  // namespace mxban
