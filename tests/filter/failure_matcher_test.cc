#include "filter/failure_matcher.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using Outcome = FailureMatcher::Outcome;

const absl::Time kNow = absl::FromCivil(
    absl::CivilSecond(2026, 11, 23, 12, 0, 0), absl::UTCTimeZone());

FailureMatcher Compile(const Filter& filter) {
  return FailureMatcher::Compile(filter, {.time_zone = absl::UTCTimeZone()})
      .value();
}

std::string CompileError(const Filter& filter) {
  const auto matcher = FailureMatcher::Compile(filter, {});
  return matcher.ok() ? "" : std::string(matcher.status().message());
}

// The failure id, or what else came of it.
std::string Tell(FailureMatcher& matcher, const std::string& line) {
  const FailureMatcher::Result result = matcher.Match(line, kNow);
  switch (result.outcome) {
    case Outcome::kMissed:
      return "missed";
    case Outcome::kIgnored:
      return "ignored";
    case Outcome::kLimitHit:
      return "limit";
    case Outcome::kFailure:
      return std::string(result.failure_id);
  }
  return "";
}

std::string Tell(const Filter& filter, const std::string& line) {
  FailureMatcher matcher = Compile(filter);
  return Tell(matcher, line);
}

TEST(FailureMatcherTest, MatchesTheHowTosLine) {
  FailureMatcher matcher = Compile(
      {.fail_regexes = {R"(\[<HOST>\]: possible SMTP attack: command=AUTH)"}});
  const std::string line =
      "Jan 22 07:36:28 server sm-mta[1195]: o0LNaCc5001195: "
      "[119.129.227.125]: possible SMTP attack: command=AUTH, count=5";
  const FailureMatcher::Result result = matcher.Match(line, kNow);
  EXPECT_EQ(result.outcome, Outcome::kFailure);
  EXPECT_EQ(result.host, "119.129.227.125");
  EXPECT_EQ(result.host.data(), line.data() + line.find("119.129"))
      << "no copy";
  EXPECT_EQ(result.fail_regex, 0);
  EXPECT_EQ(absl::FormatTime(*result.time, absl::UTCTimeZone()),
            "2026-01-22T07:36:28+00:00");
}

TEST(FailureMatcherTest, TheStampIsCutOut) {
  EXPECT_EQ(Tell({.fail_regexes = {R"(^ mx <HOST>$)"}},
                 "Nov 23 08:40:11 mx 192.0.2.1"),
            "192.0.2.1");
  EXPECT_EQ(Tell({.fail_regexes = {R"(^\[\] <HOST>$)"}},
                 "[2026-11-23 08:40:11] 192.0.2.1\r\n"),
            "192.0.2.1");
}

TEST(FailureMatcherTest, WhatReachesOverTheCutIsJoined) {
  EXPECT_EQ(
      Tell({.fail_regexes = {"<F-ID>a.*b</F-ID>"}}, "a[2026-11-23 08:40:11]b"),
      "a[]b");
}

TEST(FailureMatcherTest, TheFirstExpressionThatHitsWins) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"x <HOST>", "y <HOST>", "<HOST>$"}});
  EXPECT_EQ(matcher.Match("y 192.0.2.1", kNow).fail_regex, 1);
  EXPECT_EQ(matcher.regex_hits(), (std::vector<uint64_t>{0, 1, 0}));
}

TEST(FailureMatcherTest, IgnoredLinesAreNoFailures) {
  const Filter few = {.fail_regexes = {"<HOST>$"}, .ignore_regexes = {"ok"}};
  EXPECT_EQ(Tell(few, "ok 192.0.2.1"), "ignored");
  EXPECT_EQ(Tell(few, "ok!!"), "missed");
  const Filter many = {
      .fail_regexes = {"<HOST>$", "a<HOST>", "b<HOST>", "c<HOST>"},
      .ignore_regexes = {"ok"}};
  EXPECT_EQ(Tell(many, "ok!!"), "ignored") << "tried first";
}

TEST(FailureMatcherTest, APrefixMustMatchAndMayHandOnItsContent) {
  const Filter filter = {
      .fail_regexes = {"^bad <HOST>$", "^who$"},
      .prefix_regex = "^p(?:<IP4>)?: <F-CONTENT>.+</F-CONTENT> end$"};
  EXPECT_EQ(Tell(filter, "p: bad mx.example end"), "mx.example");
  EXPECT_EQ(Tell(filter, "p192.0.2.1: who end"), "192.0.2.1");
  EXPECT_EQ(Tell(filter, "q: bad mx.example end"), "missed");
  EXPECT_EQ(Tell(filter, "p: bad mx.example"), "missed");
  EXPECT_EQ(Tell(filter, "p: who end"), "missed") << "nobody captured";
}

TEST(FailureMatcherTest, AnIdGoesBeforeTheAddress) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"<F-ID>u\\d</F-ID> <HOST>"}});
  const auto result = matcher.Match("u1 192.0.2.1", kNow);
  EXPECT_EQ(result.failure_id, "u1");
  EXPECT_EQ(result.host, "192.0.2.1");
}

TEST(FailureMatcherTest, APrefixLengthIsHandedOn) {
  FailureMatcher matcher = Compile({.fail_regexes = {"^<SUBNET>$"}});
  EXPECT_EQ(matcher.Match("192.0.2.0/24", kNow).prefix_length, "24");
  EXPECT_EQ(matcher.Match("192.0.2.0", kNow).prefix_length, "");
}

TEST(FailureMatcherTest, ALineWithoutAStampInheritsARecentOne) {
  FailureMatcher matcher = Compile({.fail_regexes = {"<HOST>$"}});
  EXPECT_EQ(matcher.Match("192.0.2.1", kNow).time, std::nullopt);
  matcher.Match("Nov 23 11:59:30 x", kNow);
  EXPECT_EQ(matcher.Match("192.0.2.1", kNow).time, kNow - absl::Seconds(30));
  EXPECT_EQ(matcher.Match("192.0.2.1", kNow + absl::Seconds(30)).time,
            std::nullopt);
}

TEST(FailureMatcherTest, AnImpossibleDateIsCutButNoTime) {
  FailureMatcher matcher = Compile({.fail_regexes = {"^ <HOST>$"}});
  const auto result = matcher.Match("Feb 31 08:40:11 192.0.2.1", kNow);
  EXPECT_EQ(result.outcome, Outcome::kFailure);
  EXPECT_EQ(result.time, std::nullopt);
}

TEST(FailureMatcherTest, NoLineCanHurt) {
  FailureMatcher matcher = Compile({.fail_regexes = {"bad.<HOST>$"}});
  EXPECT_EQ(Tell(matcher, ""), "missed");
  EXPECT_EQ(Tell(matcher, std::string("bad\0"
                                      "192.0.2.1",
                                      13)),
            "192.0.2.1");
  EXPECT_EQ(Tell(matcher,
                 "bad\xff"
                 "192.0.2.1"),
            "192.0.2.1");
  EXPECT_EQ(Tell(matcher, std::string(1 << 20, 'x') + "bad 192.0.2.1"),
            "limit");
  EXPECT_EQ(matcher.counters().limit_hits, 1u);
}

TEST(FailureMatcherTest, AnExpressionThatGivesUpIsCounted) {
  FailureMatcher matcher = Compile({.fail_regexes = {"^(a+)+ <HOST>$"}});
  EXPECT_EQ(Tell(matcher, std::string(60000, 'a') + "! x"), "limit");
  EXPECT_EQ(Tell(matcher, "aa 192.0.2.1"), "192.0.2.1");
}

TEST(FailureMatcherTest, CountsWhatItSaw) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"<IP4>"}, .ignore_regexes = {"ok"}});
  for (const char* line : {"x", "Nov 23 08:40:11 192.0.2.1", "192.0.2.1 ok"}) {
    matcher.Match(line, kNow);
  }
  EXPECT_EQ(matcher.counters().lines, 3u);
  EXPECT_EQ(matcher.counters().failures, 1u);
  EXPECT_EQ(matcher.counters().missed, 1u);
  EXPECT_EQ(matcher.counters().ignored, 1u);
  EXPECT_EQ(matcher.stamp_counts()[1].lines, 1u);
}

TEST(FailureMatcherTest, RefusesFiltersThatFindNobody) {
  EXPECT_THAT(CompileError({}), HasSubstr("there is no failregex"));
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>", "x"}}),
              HasSubstr("failregex 2: captures no failure id"));
  EXPECT_EQ(CompileError({.fail_regexes = {"x"}, .prefix_regex = "<HOST>"}),
            "");
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>("}}),
              HasSubstr("failregex 1: missing closing"));
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>"}, .prefix_regex = "("}),
              HasSubstr("prefregex: missing closing"));
  EXPECT_THAT(
      CompileError({.fail_regexes = {"<HOST>"}, .ignore_regexes = {"a", "("}}),
      HasSubstr("ignoreregex 2: missing closing"));
}

}  // namespace
}  // namespace mxban
