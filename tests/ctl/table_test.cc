#include "ctl/table.h"

#include <sstream>

#include "absl/strings/str_split.h"
#include "ctl/printable.h"
#include "ctl/terminal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> Lines(const std::ostringstream& out) {
  return absl::StrSplit(out.str(), '\n', absl::SkipEmpty());
}

Table TwoColumns() {
  return Table(
      {{.heading = "NAME", .yield = Column::Yield::kEnd, .min_width = 10},
       {.heading = "COUNT"}});
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"a", "1 ban"});
  table.AddRow({"longer", "2 bans"});
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME    COUNT\n"
            "a       1 ban\n"
            "longer  2 bans\n");
}

TEST(TableTest, ATableWithoutRowsIsNothing) {
  std::ostringstream out;
  TwoColumns().Print(out);
  EXPECT_EQ(out.str(), "");
}

TEST(TableTest, ANoteGoesBelowItsRow) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"a", "1"}, "because");
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME  COUNT\n"
            "a     1\n"
            "    because\n");
}

TEST(TableTest, ALineNeverEndsInBlanks) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"a", ""});
  table.Print(out);
  EXPECT_THAT(Lines(out), ElementsAre("NAME  COUNT", "a"));
}

TEST(TableTest, AnEmptyCellKeepsItsPlace) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"", "1"});
  table.Print(out);
  EXPECT_THAT(Lines(out), ElementsAre("NAME  COUNT", "      1"));
}

TEST(TableTest, APartHasNoHeadingAndDoesNotForgetTheWidths) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"longer", "1"});
  table.Print(out);
  table.AddRow({"a", "2"});
  table.Print(out);
  EXPECT_THAT(Lines(out),
              ElementsAre("NAME    COUNT", "longer  1", "a       2"));
}

TEST(TableTest, AColumnYieldsUntilTheRowFits) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({std::string(200, 'x'), "12 bans"});
  table.Print(out);
  const std::string row = Lines(out)[1];
  EXPECT_EQ(row.size(), kUsualWidth);
  EXPECT_THAT(row, EndsWith("x...  12 bans"));
}

TEST(TableTest, TheLastColumnYieldsFirstAndAddressesInTheirMiddle) {
  std::ostringstream out;
  Table table(
      {{.heading = "SOURCE", .yield = Column::Yield::kMiddle, .min_width = 15},
       {.heading = "JAIL", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "REST"}});
  table.AddRow({"2001:db8:1111:2222:3333:4444:5555:6666",
                "a-jail-of-quite-some-length", std::string(40, 'r')});
  table.Print(out);
  EXPECT_EQ(Lines(out)[1],
            "2001:db8:1111...44:5555:6666  a-jai...  " + std::string(40, 'r'));
}

TEST(TableTest, ARowThatCannotYieldEnoughIsCut) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"a", std::string(200, '1')});
  table.Print(out);
  EXPECT_EQ(Lines(out)[1].size(), kUsualWidth);
}

TEST(TableTest, AStreamMayHaveMoreRoom) {
  std::ostringstream out;
  SetWidth(out, kUnlimitedWidth);
  Table table = TwoColumns();
  table.AddRow({std::string(200, 'x'), "1"}, std::string(300, 'n'));
  table.Print(out);
  EXPECT_EQ(Lines(out)[1].size(), 203);
  EXPECT_EQ(Lines(out)[2].size(), 304);
}

TEST(TableTest, HostileCellsAndNotesAreEscaped) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"\x1b[31m", "1\n2"}, "\rnote");
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME      COUNT\n"
            "\\x1b[31m  1\\n2\n"
            "    \\rnote\n");
}

TEST(TableTest, ANoteIsShortenedToFit) {
  std::ostringstream out;
  Table table = TwoColumns();
  table.AddRow({"a", "1"}, std::string(200, 'n'));
  table.Print(out);
  EXPECT_EQ(Lines(out)[2].size(), kUsualWidth);
}

TEST(LineTest, IsPrintedAsItIsWhenItFits) {
  std::ostringstream out;
  PrintLine(out,
            {.before = "a ", .yielding = "b", .after = ", c", .extra = ": d"});
  EXPECT_EQ(out.str(), "a b, c: d\n");
}

TEST(LineTest, WhatIsExtraIsShortenedFirst) {
  std::ostringstream out;
  PrintLine(out, {.before = "a ",
                  .yielding = "b",
                  .after = ", c",
                  .extra = ": " + std::string(100, 'x')});
  EXPECT_THAT(out.str(), StartsWith("a b, c: xxx"));
  EXPECT_EQ(Lines(out)[0].size(), kUsualWidth);
}

TEST(LineTest, WhatYieldsIsShortenedNextAndTheExtraDropped) {
  std::ostringstream out;
  PrintLine(out, {.before = "banned ",
                  .yielding = std::string(100, 'j'),
                  .after = ", ends in 8 h",
                  .extra = ": spam"});
  EXPECT_THAT(Lines(out)[0], EndsWith("jj..., ends in 8 h"));
  EXPECT_EQ(Lines(out)[0].size(), kUsualWidth);
}

TEST(LineTest, HostileTextIsEscapedAndFits) {
  std::ostringstream out;
  PrintLine(out, std::string(100, '\x1b'));
  EXPECT_EQ(Lines(out)[0].size(), kUsualWidth);
  EXPECT_THAT(out.str(), StartsWith("\\x1b\\x1b"));
}

}  // namespace
}  // namespace mxban::ctl
