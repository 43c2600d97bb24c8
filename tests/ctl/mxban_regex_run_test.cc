#include "ctl/mxban_regex_run.h"

#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/filter/config_directory.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// 2026-11-23 09:20 in UTC.
constexpr absl::Time kNow = absl::FromUnixSeconds(1795425600);

struct Output {
  std::string text;
  std::string notes;
};

// What a run prints, or its error as `text`.
Output Ran(const RegexRequest& request, const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, notes;
  const FakeClock clock(kNow);
  const absl::Status status = RunRegex(request, {.in = in,
                                                 .out = out,
                                                 .notes = notes,
                                                 .clock = clock,
                                                 .zone = absl::UTCTimeZone()});
  if (!status.ok()) return {.text = std::string(status.message())};
  return {.text = out.str(), .notes = notes.str()};
}

RegexRequest Json(const std::string& log, const std::string& filter) {
  return {.log = log, .filter = filter, .json = true};
}

TEST(MxbanRegexRunTest, TheContractOfJson) {
  RegexRequest request = Json("tests/corpus/seed/mail.log", "sendmail");
  request.filter_dir = "tests/corpus/seed/filter.d";
  const Output output = Ran(request);
  EXPECT_EQ(output.text,
            R"({"line":1,"host":"119.129.227.125","time":1769067388.0,)"
            R"("failid":"119.129.227.125"})"
            "\n");
  EXPECT_EQ(output.notes, "") << "what is no failure is for the report";
}

TEST(MxbanRegexRunTest, EveryFailureIsOneObjectInTheOrderOfTheLog) {
  EXPECT_EQ(Ran(Json("-", "bad <HOST>$"),
                "x\nbad 192.0.2.1\n\nNov 23 09:19:00 bad mx.example\n"
                "bad 2001:db8::1")
                .text,
            R"({"line":2,"host":"192.0.2.1","time":null,"failid":"192.0.2.1"})"
            "\n"
            R"({"line":4,"host":"mx.example","time":1795425540.0,)"
            R"("failid":"mx.example"})"
            "\n"
            R"({"line":5,"host":"2001:db8::1","time":null,)"
            R"("failid":"2001:db8::1"})"
            "\n");
}

TEST(MxbanRegexRunTest, RightLoginsAreReportedAndNoObjects) {
  RegexRequest request = {.log = "tests/corpus/mx1/mail.log",
                          .filter = "sendmail-auth",
                          .filter_dir = "deploy/config/filter.d"};
  EXPECT_THAT(Ran(request).text,
              AllOf(HasSubstr("Successregex, by hits:\n      333   1. ^AUTH"),
                    HasSubstr("  dave\n"), HasSubstr(", right logins: 333")));
  request.log =
      "Nov 23 09:19:00 mx1 sm-mta[1]: AUTH=server, relay=[192.0.2.1], "
      "authid=alice, mech=PLAIN, bits=0";
  request.json = true;
  EXPECT_EQ(Ran(request).text, "");
}

TEST(MxbanRegexRunTest, NowDecidesTheYear) {
  RegexRequest request = Json("Nov 23 09:19:00 192.0.2.1", "<HOST>");
  EXPECT_THAT(Ran(request).text, HasSubstr("1795425540.0"));
  request.now = absl::FromUnixSeconds(1124013600);
  EXPECT_THAT(Ran(request).text, HasSubstr("1101201540.0"));
}

TEST(MxbanRegexRunTest, TheJournalHasBareMessages) {
  RegexRequest request = Json("Nov 23 09:19:00 192.0.2.1", "^Nov .* <HOST>$");
  EXPECT_EQ(Ran(request).text, "");
  request.options["logtype"] = "journal";
  EXPECT_EQ(Ran(request).text,
            R"({"line":1,"host":"192.0.2.1","time":null,"failid":"192.0.2.1"})"
            "\n");
}

TEST(MxbanRegexRunTest, TheReportCountsEverything) {
  EXPECT_EQ(Ran({.log = "-", .filter = "bad <HOST>$"},
                "x\x1b\nNov 23 09:19:00 bad 192.0.2.1\n")
                .text,
            "Failregex, by hits:\n"
            "        1   1. bad <HOST>$\n"
            "\n"
            "Time stamps, by lines:\n"
            "        1  Month Day Hour:Minute:Second (RFC 3164)\n"
            "        1  none\n"
            "\n"
            "Missed lines:\n"
            "        1  x\\x1b\n"
            "\n"
            "Lines: 2, matched: 1, missed: 1, ignored: 0, given up: 0\n"
            "Took 0.000 s\n");
}

TEST(MxbanRegexRunTest, LinesOfEachKindCanBePrinted) {
  const RegexRequest request = {.log = "-",
                                .filter = "^bad <HOST>$",
                                .ignore_regex = R"(\.2$)",
                                .print_matched = true,
                                .print_missed = true,
                                .print_ignored = true};
  EXPECT_THAT(Ran(request, "x\nbad 192.0.2.1\nbad 192.0.2.2\n").text,
              AllOf(HasSubstr("missed 1: x\n"
                              "matched 2: bad 192.0.2.1\n"
                              "ignored 3: bad 192.0.2.2\n"),
                    HasSubstr("matched: 1, missed: 1, ignored: 1"),
                    Not(HasSubstr("Missed lines"))));
}

TEST(MxbanRegexRunTest, CommentsAreNumberedAndSkipped) {
  const std::string log = "# bad 192.0.2.1\n\n\r\n # x\nbad 192.0.2.2\n";
  EXPECT_THAT(Ran({.log = "-", .filter = "bad <HOST>$"}, log).text,
              AllOf(HasSubstr("Missed lines:\n        4   # x\n"),
                    HasSubstr("Lines: 2, matched: 1, missed: 1, ignored: 0, "
                              "given up: 0, skipped: 3\n")));
  EXPECT_THAT(Ran(Json("-", "bad <HOST>$"), log).text,
              testing::StartsWith(R"({"line":5,)"));
}

TEST(MxbanRegexRunTest, LinesAreNoPartOfJson) {
  RegexRequest request = Json("x", "^bad <HOST>$");
  request.print_missed = true;
  const Output output = Ran(request);
  EXPECT_EQ(output.text, "");
  EXPECT_EQ(output.notes, "missed 1: x\n");
}

TEST(MxbanRegexRunTest, WhatGaveUpIsNamed) {
  const RegexRequest request = {.log = std::string(40, 'a') + "!b ",
                                .filter = "^(a|a)*b <HOST>$",
                                .print_missed = true};
  EXPECT_THAT(Ran(request).text,
              AllOf(HasSubstr("failregex 1 gave up on 1: aaa"),
                    HasSubstr("given up: 1\nGiven up by failregex 1: 1\n")));
}

TEST(MxbanRegexRunTest, NotesAndWarningsComeOnce) {
  ConfigDirectory directory;
  directory.Write("f.conf",
                  "[Definition]\nfailregex = bad <HOST>\n"
                  "usedns = raw\n");
  const Output output =
      Ran({.log = "-", .filter = "f", .filter_dir = directory.path()},
          "bad 192.0.2.1\nbad 192.0.2.1\n");
  EXPECT_THAT(output.notes,
              testing::MatchesRegex("note: .*f\\.conf:3: usedns .*\n"
                                    "warning: failregex 1: [^\n]*\n"
                                    "warning: failregex 1: [^\n]*\n"));
}

TEST(MxbanRegexRunTest, ALongLogShowsItsProgress) {
  // Every look at it takes a second.
  class SlowClock final : public Clock {
   public:
    absl::Time TimeNow() const override { return now_ += absl::Seconds(1); }

   private:
    mutable absl::Time now_ = kNow;
  };
  std::istringstream in(std::string(1 << 16, 'x') + std::string(1 << 16, '\n'));
  std::ostringstream out, notes;
  const SlowClock clock;
  ASSERT_TRUE(RunRegex({.log = "-", .filter = "^<HOST>$", .now = kNow},
                       {.in = in,
                        .out = out,
                        .notes = notes,
                        .clock = clock,
                        .zone = absl::UTCTimeZone(),
                        .terminal = {.is_terminal = true}})
                  .ok());
  EXPECT_THAT(notes.str(), HasSubstr(" MB, "));
  EXPECT_THAT(out.str(), HasSubstr("skipped: 65535"));
}

TEST(MxbanRegexRunTest, ErrorsAreHandedOn) {
  EXPECT_THAT(Ran(Json("/nowhere/mail.log", "<HOST>")).text,
              HasSubstr("there is no log /nowhere/mail.log"));
  EXPECT_THAT(Ran(Json("x", "(<HOST>")).text,
              HasSubstr("missing closing parenthesis"));
  EXPECT_THAT(Ran(Json("x", "x.*")).text, HasSubstr("no failure id"));
}

}  // namespace
}  // namespace mxban::ctl
