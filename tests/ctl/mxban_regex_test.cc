#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ctl/mxban_regex_request.h"
#include "ctl/mxban_regex_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/config_directory.h"

namespace mxban::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;

absl::StatusOr<RegexRequest> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mxban-regex");
  return ParseRegexRequest(static_cast<int>(arguments.size()),
                           arguments.data());
}

// What the program prints, or its error.
std::string Printed(const std::vector<const char*>& arguments,
                    const std::string& input = "") {
  const auto request = Parse(arguments);
  if (!request.ok()) return std::string(request.status().message());
  std::istringstream in(input);
  std::ostringstream out, notes;
  const absl::Status status = RunRegex(*request, absl::UTCTimeZone(),
                                       {.in = in, .out = out, .notes = notes});
  if (!status.ok()) return std::string(status.message());
  return out.str() + notes.str();
}

constexpr char kNow[] = "1795425600";  // 2026-11-23 09:20 in UTC.
constexpr char kSeed[] = "tests/corpus/seed/filter.d";

TEST(MxbanRegexTest, TheContractOfJson) {
  EXPECT_EQ(Printed({"--json", "--now", kNow, "--filter-dir", kSeed,
                     "tests/corpus/seed/mail.log", "sendmail"}),
            R"({"line":1,"host":"119.129.227.125","time":1769067388.0,)"
            R"("failid":"119.129.227.125"})"
            "\n");
}

TEST(MxbanRegexTest, EveryFailureIsOneObjectInTheOrderOfTheLog) {
  EXPECT_EQ(Printed({"--json", "--now", kNow, "-", "bad <HOST>$"},
                    "x\nbad 192.0.2.1\n\nNov 23 09:19:00 bad mx.example\n"
                    "bad 2001:db8::1"),
            R"({"line":2,"host":"192.0.2.1","time":null,"failid":"192.0.2.1"})"
            "\n"
            R"({"line":4,"host":"mx.example","time":1795425540.0,)"
            R"("failid":"mx.example"})"
            "\n"
            R"({"line":5,"host":"2001:db8::1","time":null,)"
            R"("failid":"2001:db8::1"})"
            "\n");
}

TEST(MxbanRegexTest, IdsAndNetworksAreWhatIsCounted) {
  EXPECT_EQ(Printed({"--json", "u1 192.0.2.1", "<F-ID>u.</F-ID> <HOST>"}),
            R"({"line":1,"host":"192.0.2.1","time":null,"failid":"u1"})"
            "\n");
  EXPECT_EQ(Printed({"--json", "bad 192.0.2.1/24", "bad <SUBNET>"}),
            R"({"line":1,"host":"192.0.2.1","time":null,)"
            R"("failid":"192.0.2.0/24"})"
            "\n");
}

TEST(MxbanRegexTest, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(
      Printed({"--json", "-", "^<F-ID>.+</F-ID>$"}, "a\xff\n"),
      "{\"line\":1,\"host\":null,\"time\":null,\"failid\":\"a\ufffd\"}\n");
}

TEST(MxbanRegexTest, TheJournalHasBareMessages) {
  EXPECT_EQ(Printed({"--json", "--option", "logtype=journal",
                     "Nov 23 09:19:00 192.0.2.1", "^Nov .* <HOST>$"}),
            R"({"line":1,"host":"192.0.2.1","time":null,"failid":"192.0.2.1"})"
            "\n");
}

TEST(MxbanRegexTest, AFilterIsANameOrAFileWithOptions) {
  ConfigDirectory directory;
  directory.Write("f.conf",
                  "[Definition]\nfailregex = <w> <HOST>\n"
                  "[Init]\nw = bad\n");
  const std::string file = directory.In("f.conf");
  const char* dir = directory.path().c_str();
  EXPECT_THAT(Printed({"bad 192.0.2.1", "f", "--filter-dir", dir}),
              HasSubstr("matched: 1"));
  EXPECT_THAT(Printed({"bad 192.0.2.1", "f[w=x]", "--filter-dir", dir}),
              HasSubstr("matched: 0"));
  EXPECT_THAT(Printed({"x 192.0.2.1", file.c_str(), "--option", "w=x"}),
              HasSubstr("matched: 1"));
  EXPECT_THAT(Printed({"x 192.0.2.1", "f[w=y]", "--option", "w=x",
                       "--filter-dir", dir}),
              HasSubstr("matched: 1"));
}

TEST(MxbanRegexTest, TheReportCountsEverything) {
  EXPECT_EQ(Printed({"--now", kNow, "--print-missed", "-", "bad <HOST>$"},
                    "x\x1b\nNov 23 09:19:00 bad 192.0.2.1\n"),
            "missed 1: x\\x1b\n"
            "Lines: 2, matched: 1, missed: 1, ignored: 0, given up: 0\n\n"
            "Failregex:\n  1  bad <HOST>$\n\n"
            "Time stamps:\n  1  Month Day Hour:Minute:Second (RFC 3164)\n");
}

TEST(MxbanRegexTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(
      Printed({"x", "gone", "--filter-dir", "/nowhere"}),
      AllOf(HasSubstr("no file gone"), HasSubstr("/nowhere/gone.conf")));
  EXPECT_THAT(Printed({"/nowhere/mail.log", "<HOST>"}),
              HasSubstr("there is no log /nowhere/mail.log"));
  EXPECT_THAT(Printed({"x", "x"}), HasSubstr("no file x"));
  EXPECT_THAT(Printed({"x", "(<HOST>"}),
              HasSubstr("missing closing parenthesis"));
}

TEST(MxbanRegexTest, MistakesInAFilterNameFileAndLine) {
  ConfigDirectory directory;
  directory.Write("f.conf", "[Definition]\nmaxlines = 2\nfailregex = (<HOST>");
  EXPECT_THAT(Printed({"x", "f", "--filter-dir", directory.path().c_str()}),
              AllOf(HasSubstr("f.conf:2: maxlines"),
                    HasSubstr("f.conf:3: failregex 1: missing")));
}

TEST(MxbanRegexTest, UsageIsChecked) {
  EXPECT_FALSE(Parse({}).ok());
  EXPECT_FALSE(Parse({"log"}).ok());
  EXPECT_FALSE(Parse({"log", "filter", "more"}).ok());
  EXPECT_FALSE(Parse({"log", "filter", "--option", "x"}).ok());
  EXPECT_FALSE(Parse({"log", "filter", "--now", "today"}).ok());
  EXPECT_FALSE(Parse({"log", "filter", "--no-such"}).ok());
}

TEST(MxbanRegexTest, HelpAndVersionAreTexts) {
  EXPECT_THAT(Parse({"--help"})->text, HasSubstr("--filter-dir"));
  EXPECT_THAT(Parse({"--version"})->text, HasSubstr("mxban-regex "));
}

}  // namespace
}  // namespace mxban::ctl
