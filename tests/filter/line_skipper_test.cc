#include "filter/line_skipper.h"

#include <string>

#include "gtest/gtest.h"

namespace mxban {
namespace {

using Expressions = std::vector<std::vector<Literal>>;

// The first line that cannot be passed over.
std::string FirstLine(const Expressions& expressions,
                      const std::string& lines) {
  const auto skipper = LineSkipper::Create(expressions);
  if (skipper == nullptr) return "(none)";
  const std::string rest = lines.substr(skipper->FirstCandidate(lines));
  return rest.substr(0, rest.find('\n'));
}

TEST(LineSkipperTest, StopsAtTheFirstLineThatMayMatter) {
  EXPECT_EQ(FirstLine({{{.text = "AUTH failure ("}}},
                      "a\nb\nAUTH failure (x\nAUTH failure (y\n"),
            "AUTH failure (x");
  EXPECT_EQ(FirstLine({{{.text = "failure"}}, {{.text = "more"}}},
                      "a\nb more\nfailure\n"),
            "b more");
  EXPECT_EQ(FirstLine({{{.text = "failure"}}}, "a\nb\n"), "");
  EXPECT_EQ(FirstLine({{{.text = "failure"}}}, "failure\n"), "failure");
  EXPECT_EQ(FirstLine({{{.text = "failure"}}}, ""), "");
}

TEST(LineSkipperTest, OnlyWordsCount) {
  // As when a stamp stood between the bracket and the word.
  EXPECT_EQ(FirstLine({{{.text = "[] [error"}}}, "x\n[stamp] [error\n"),
            "[stamp] [error");
  EXPECT_EQ(FirstLine({{{.text = ", nrcpts="}}}, "x\nnrcpts\n"), "nrcpts");
}

TEST(LineSkipperTest, CaseMattersUnlessSaid) {
  EXPECT_EQ(FirstLine({{{.text = "VRFY", .any_case = true}}}, "x\nvrFy\n"),
            "vrFy");
  EXPECT_EQ(FirstLine({{{.text = "VRFY"}}}, "x\nvrfy\n"), "");
}

TEST(LineSkipperTest, NothingIsPassedOverWhereTooLittleIsKnown) {
  EXPECT_EQ(FirstLine({{}}, "x\n"), "(none)");
  EXPECT_EQ(FirstLine({{{.text = "failure"}}, {}}, "x\n"), "(none)");
  EXPECT_EQ(FirstLine({{{.text = "failure"}, {.text = ": ["}}}, "x\n"),
            "(none)");
  EXPECT_EQ(FirstLine({}, "x\n"), "(none)");
}

TEST(LineSkipperTest, BytesAreBytes) {
  EXPECT_EQ(FirstLine({{{.text = "failure"}}},
                      std::string("\0\xff\nfailure\0\n", 12)),
            std::string("failure\0", 8));
}

}  // namespace
}  // namespace mxban
