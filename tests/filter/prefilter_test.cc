#include "filter/prefilter.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PrefilterTest, FindsWhoCanMatch) {
  Prefilter prefilter;
  prefilter.Add({{.text = "aXb"}});
  prefilter.Add({{.text = "needle"}, {.text = "pin"}});
  prefilter.Add({{.text = "Xb"}});
  EXPECT_THAT(prefilter.Candidates("..aXb.."), ElementsAre(0, 2));
  EXPECT_THAT(prefilter.Candidates("a pin"), ElementsAre(1));
  EXPECT_THAT(prefilter.Candidates("Xb"), ElementsAre(2));
  EXPECT_THAT(prefilter.Candidates("need"), IsEmpty());
  EXPECT_THAT(prefilter.Candidates(""), IsEmpty());
}

TEST(PrefilterTest, FindsALiteralWhereverItStands) {
  Prefilter prefilter;
  prefilter.Add({{.text = "aXb"}});
  for (const char* text : {"aXb", "..aXb", "aXb..", "aXXaXb", "XaXaXb"}) {
    EXPECT_THAT(prefilter.Candidates(text), ElementsAre(0)) << text;
  }
  for (const char* text : {"aX", "Xb", "aXXb", "XbaX", "axb", "X"}) {
    EXPECT_THAT(prefilter.Candidates(text), IsEmpty()) << text;
  }
}

TEST(PrefilterTest, FindsALiteralInAnyCase) {
  Prefilter prefilter;
  prefilter.Add({{.text = "VrFy", .any_case = true}});
  prefilter.Add({{.text = "#1", .any_case = true}});
  for (const char* text : {"vrfy", "VRFY", "..Vrfy", "v VrfY"}) {
    EXPECT_THAT(prefilter.Candidates(text), ElementsAre(0)) << text;
  }
  EXPECT_THAT(prefilter.Candidates("vrf y"), IsEmpty());
  EXPECT_THAT(prefilter.Candidates("#1"), ElementsAre(1));
}

TEST(PrefilterTest, ExpressionsOfWhichLittleIsKnownCanMatchAnything) {
  Prefilter prefilter;
  prefilter.Add({});
  prefilter.Add({{.text = "xy"}});
  prefilter.Add({{.text = "xyz"}, {.text = "x"}});
  EXPECT_THAT(prefilter.Candidates(""), ElementsAre(0, 2));
}

TEST(PrefilterTest, ManyExpressionsMayShareALiteral) {
  Prefilter prefilter;
  for (int i = 0; i < 300; ++i) prefilter.Add({{.text = "same"}});
  EXPECT_EQ(prefilter.Candidates("it is the same").size(), 300u);
}

}  // namespace
}  // namespace mxban
