#include "filter/prefilter.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PrefilterTest, FindsWhoCanMatch) {
  Prefilter prefilter({{{.text = "aXb"}},
                       {{.text = "needle"}, {.text = "pin"}},
                       {{.text = "Xb"}}});
  EXPECT_THAT(prefilter.Candidates("..aXb.."), ElementsAre(0, 2));
  EXPECT_THAT(prefilter.Candidates("a pin"), ElementsAre(1));
  EXPECT_THAT(prefilter.Candidates("Xb"), ElementsAre(2));
  EXPECT_THAT(prefilter.Candidates("need"), IsEmpty());
  EXPECT_THAT(prefilter.Candidates(""), IsEmpty());
}

TEST(PrefilterTest, FindsALiteralInAnyCase) {
  Prefilter prefilter({{{.text = "VrFy", .any_case = true}},
                       {{.text = "#1", .any_case = true}}});
  for (const char* text : {"vrfy", "VRFY", "..Vrfy", "v VrfY"}) {
    EXPECT_THAT(prefilter.Candidates(text), ElementsAre(0)) << text;
  }
  EXPECT_THAT(prefilter.Candidates("vrf y"), IsEmpty());
  EXPECT_THAT(prefilter.Candidates("#1"), ElementsAre(1));
}

TEST(PrefilterTest, ExpressionsOfWhichLittleIsKnownCanMatchAnything) {
  Prefilter prefilter({{}, {{.text = "xy"}}, {{.text = "xyz"}, {.text = "x"}}});
  EXPECT_THAT(prefilter.Candidates(""), ElementsAre(0, 2));
  EXPECT_THAT(Prefilter(std::vector<std::vector<Literal>>(1)).Candidates("x"),
              ElementsAre(0));
}

TEST(PrefilterTest, ManyExpressionsMayShareALiteral) {
  Prefilter prefilter(std::vector<std::vector<Literal>>(300, {{"same"}}));
  EXPECT_EQ(prefilter.Candidates("it is the same").size(), 300u);
}

}  // namespace
}  // namespace mxban
