#include "filter/line_scanner.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What was found, as `line: filter/expression`; a word alone has a `?`.
std::vector<std::string> Found(LineScanner& scanner, absl::string_view lines) {
  std::vector<std::string> found;
  for (const LineScanner::Hit& hit : scanner.Scan(lines)) {
    const absl::string_view line = lines.substr(hit.line);
    found.push_back(absl::StrCat(line.substr(0, line.find('\n')), ": ",
                                 hit.filter, "/", hit.expression,
                                 hit.is_whole ? "" : "?"));
  }
  return found;
}

std::vector<std::string> Found(const LineRequirements& filter,
                               absl::string_view lines) {
  LineScanner scanner({&filter});
  EXPECT_FALSE(scanner.IsForEachLine(0));
  return Found(scanner, lines);
}

bool IsForEachLine(const LineRequirements& filter) {
  return LineScanner({&filter}).IsForEachLine(0);
}

TEST(LineScannerTest, FindsTheLinesThatMayMatter) {
  const LineRequirements filter = {
      .expressions = {{{"failure"}}, {{"attack"}, {"flood"}}}};
  EXPECT_THAT(
      Found(filter, "a\nthe failure x\nb\n\nflood and attack, a failure\nc\n"),
      ElementsAre("the failure x: 0/0", "flood and attack, a failure: 0/0",
                  "flood and attack, a failure: 0/1"));
  EXPECT_THAT(Found(filter, "failure\nattack\n"),
              ElementsAre("failure: 0/0", "attack: 0/1"));
  EXPECT_THAT(Found(filter, "fail\nure\n"), IsEmpty());
  EXPECT_THAT(Found(filter, ""), IsEmpty());
}

TEST(LineScannerTest, OfALiteralThatAStampMayDivideAWordIsFoundToo) {
  const LineRequirements filter = {.expressions = {{{"[] [error"}}}};
  EXPECT_THAT(Found(filter, "[stamp] [error\nx [] [error\nerro\n"),
              ElementsAre("[stamp] [error: 0/0?", "x [] [error: 0/0"));
}

TEST(LineScannerTest, TheWordStandsByItself) {
  const LineRequirements filter = {.expressions = {{{"a SMTP: "}}}};
  EXPECT_THAT(Found(filter, "ESMTP:\nSMTPS:\n SMTP\nSMTP: \na SMTP: SMTPS\n"),
              ElementsAre(" SMTP: 0/0?", "SMTP: : 0/0?", "a SMTP: SMTPS: 0/0"));
  const LineRequirements word = {.expressions = {{{"fail"}}}};
  EXPECT_THAT(Found(word, "unfailing\n"), ElementsAre("unfailing: 0/0"));
}

TEST(LineScannerTest, CaseMattersUnlessSaid) {
  const LineRequirements filter = {
      .expressions = {{{"a VRFY", true}}, {{"EXPN"}}}};
  EXPECT_THAT(Found(filter, "A vrfY\nvrfy\nexpn\n"),
              ElementsAre("A vrfY: 0/0", "vrfy: 0/0?"));
}

TEST(LineScannerTest, ALineWithoutThePrefixMattersToNoExpression) {
  const LineRequirements filter = {.prefix = {{"mta_sm"}, {"sendmail"}},
                                   .expressions = {{{"failure"}}}};
  EXPECT_THAT(Found(filter, "postfix failure\nsendmail failure\nmta_sm\n"),
              ElementsAre("sendmail failure: 0/0"));
}

TEST(LineScannerTest, AUselessPrefixIsNotLookedFor) {
  const LineRequirements filter = {.prefix = {{"]"}},
                                   .expressions = {{{"failure"}}}};
  EXPECT_THAT(Found(filter, "a failure\n"), ElementsAre("a failure: 0/0"));
}

TEST(LineScannerTest, SeveralFiltersShareThePass) {
  const LineRequirements first = {.expressions = {{{"failure"}}}};
  const LineRequirements each = {.are_for_each_line = true,
                                 .expressions = {{{"failure"}}}};
  const LineRequirements last = {.prefix = {{"mta"}},
                                 .expressions = {{{"attack"}}, {{"failure"}}}};
  LineScanner scanner({&first, &each, &last});
  EXPECT_FALSE(scanner.IsForEachLine(0));
  EXPECT_TRUE(scanner.IsForEachLine(1));
  EXPECT_FALSE(scanner.IsForEachLine(2));
  EXPECT_THAT(
      Found(scanner, "failure\nmta failure, attack\n"),
      ElementsAre("failure: 0/0", "mta failure, attack: 0/0",
                  "mta failure, attack: 2/0", "mta failure, attack: 2/1"));
  const auto hits = scanner.Scan("mta failure\n");
  EXPECT_EQ(hits.size(), 2u);
  EXPECT_EQ(LineScanner::OfFilter(hits, 0).size(), 1u);
  EXPECT_EQ(LineScanner::OfFilter(hits, 1).size(), 0u);
  EXPECT_EQ(LineScanner::OfFilter(hits, 2).front().expression, 1);
}

TEST(ScannedLinesTest, AreThoseWithHitsOrAll) {
  const LineRequirements filter = {
      .expressions = {{{"failure"}}, {{"attack"}}}};
  LineScanner scanner({&filter});
  const absl::string_view block = "x\nfailure, attack\n\nfailure\n";
  for (const bool is_each : {false, true}) {
    ScannedLines scanned(block, scanner.Scan(block), is_each);
    std::vector<std::string> lines;
    while (const auto line = scanned.Next()) {
      lines.push_back(absl::StrCat(line->begin, "-", line->end, " ", line->text,
                                   " ", line->hits.size()));
    }
    if (is_each) {
      EXPECT_THAT(lines, ElementsAre("0-2 x 0", "2-18 failure, attack 2",
                                     "18-19  0", "19-27 failure 1"));
    } else {
      EXPECT_THAT(lines,
                  ElementsAre("2-18 failure, attack 2", "19-27 failure 1"));
    }
  }
}

TEST(LineScannerTest, WhereTooLittleIsKnownEachLineMatters) {
  EXPECT_FALSE(IsForEachLine({.expressions = {{{"to"}}}}));
  EXPECT_TRUE(IsForEachLine({.expressions = {{}}}));
  EXPECT_TRUE(IsForEachLine({.expressions = {{{"failure"}}, {}}}));
  EXPECT_TRUE(IsForEachLine({.expressions = {{{"failure"}, {": ["}}}}));
  EXPECT_TRUE(IsForEachLine({.expressions = {{{"failure"}, {"x"}}}}));
  EXPECT_TRUE(IsForEachLine({.expressions = {{{"failure\n"}}}}));
  EXPECT_TRUE(IsForEachLine(
      {.are_for_each_line = true, .expressions = {{{"failure"}}}}));
}

TEST(LineScannerTest, ALiteralThatIsThereOftenIsOneHit) {
  const LineRequirements filter = {.expressions = {{{"aa"}, {"aaa"}}}};
  const std::string line(1000, 'a');
  EXPECT_THAT(Found(filter, line + "\n" + line + "\n"),
              ElementsAre(line + ": 0/0", line + ": 0/0"));
}

}  // namespace
}  // namespace mxban
