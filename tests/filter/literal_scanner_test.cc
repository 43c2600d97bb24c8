#include "filter/literal_scanner.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// The literals that are in `text`, and where each ends.
std::vector<std::pair<size_t, size_t>> Found(
    const std::vector<Literal>& literals, absl::string_view text) {
  const auto scanner = LiteralScanner::Create(literals);
  std::vector<std::pair<size_t, size_t>> found;
  EXPECT_TRUE(scanner->Scan(text, [&](size_t literal, size_t end) {
    found.emplace_back(literal, end);
  }));
  return found;
}

TEST(LiteralScannerTest, FindsEachWhereverItStands) {
  EXPECT_THAT(Found({{"aXb"}, {"Xb"}, {"b"}}, "aXb"),
              UnorderedElementsAre(Pair(0, 3), Pair(1, 3), Pair(2, 3)));
  for (const char* text : {"aXb", "..aXb", "aXb..", "aXXaXb", "XaXaXb"}) {
    EXPECT_EQ(Found({{"aXb"}}, text).size(), 1u) << text;
  }
  for (const char* text : {"aX", "Xb", "aXXb", "XbaX", "axb", "X", ""}) {
    EXPECT_THAT(Found({{"aXb"}}, text), IsEmpty()) << text;
  }
}

TEST(LiteralScannerTest, CaseMattersUnlessSaid) {
  EXPECT_THAT(Found({{"VRFY", true}, {"EXPN"}}, "vrFy expn"),
              UnorderedElementsAre(Pair(0, 4)));
}

TEST(LiteralScannerTest, BytesAreBytes) {
  EXPECT_THAT(Found({{std::string("\0\xff", 2)}, {"a.c"}, {"(["}},
                    absl::string_view("abc\0\xff([", 7)),
              UnorderedElementsAre(Pair(0, 5), Pair(2, 7)));
}

TEST(LiteralScannerTest, TheSameMayBeLookedForTwice) {
  EXPECT_THAT(Found({{"same"}, {"same"}}, "same"),
              UnorderedElementsAre(Pair(0, 4), Pair(1, 4)));
}

TEST(LiteralScannerTest, ThereMustBeSomethingToLookFor) {
  EXPECT_EQ(LiteralScanner::Create({}), nullptr);
  EXPECT_EQ(LiteralScanner::Create({{"a"}, {""}}), nullptr);
}

}  // namespace
}  // namespace mxban
