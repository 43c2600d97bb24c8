// The program as a filter's author runs it.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ProgramOutput Tried(const std::string& arguments) {
  return RunProgram("ctl/mxban-regex " + arguments);
}

TEST(MxbanRegexTest, ALineAndAnExpression) {
  const ProgramOutput output = Tried("'bad 192.0.2.1' '^bad <HOST>$'");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.text,
              AllOf(HasSubstr("matched: 1"), Not(HasSubstr("warning"))));
}

TEST(MxbanRegexTest, TheZoneIsTheCallers) {
  const ProgramOutput output = RunProgram(
      "TZ=CET-01CEST-02,M3.5.0,M10.5.0 ctl/mxban-regex --json --now=1124013600 "
      "'Aug 14 11:59:58 192.0.2.1' '^ <HOST>$'");
  EXPECT_EQ(output.text, R"({"line":1,"host":"192.0.2.1","time":1124013598.0,)"
                         R"("failid":"192.0.2.1"})"
                         "\n");
}

TEST(MxbanRegexTest, OnlyJsonIsOnStandardOutput) {
  const ProgramOutput output = RunProgram(
      "(exec 2>/dev/null; printf 'x\\nbad 192.0.2.1\\n' | "
      "ctl/mxban-regex --json --print-missed - 'bad <HOST>')");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.text,
            R"({"line":2,"host":"192.0.2.1","time":null,"failid":"192.0.2.1"})"
            "\n");
}

TEST(MxbanRegexTest, ExitCodesTellWhatWentWrong) {
  EXPECT_EQ(Tried("--help").exit_code, 0);
  EXPECT_EQ(Tried("--version").exit_code, 0);
  EXPECT_EQ(Tried("/nowhere/log '<HOST>'").exit_code, 1);
  EXPECT_EQ(Tried("x '(<HOST>'").exit_code, 1);
  EXPECT_EQ(Tried("x '<HOST>' >/dev/full").exit_code, 1);
  EXPECT_EQ(Tried("--no-such").exit_code, 2);
  EXPECT_EQ(Tried("x").exit_code, 2);
}

TEST(MxbanRegexTest, ErrorsAreForATerminal) {
  EXPECT_THAT(Tried("/no\x1bwhere '<HOST>'").text,
              HasSubstr("mxban-regex: there is no log /no\\x1bwhere"));
}

}  // namespace
}  // namespace mxban::ctl
