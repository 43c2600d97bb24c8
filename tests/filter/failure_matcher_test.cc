#include "filter/failure_matcher.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/matcher_answers.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using Outcome = FailureMatcher::Outcome;

std::string CompileError(const Filter& filter) {
  const auto matcher = FailureMatcher::Compile(filter, {});
  return matcher.ok() ? "" : std::string(matcher.status().message());
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
  EXPECT_EQ(result.fail_regex, 0);
  EXPECT_EQ(absl::FormatTime(*result.times[0], absl::UTCTimeZone()),
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

using Times = std::vector<std::optional<absl::Time>>;

// When the failures of `line` happened.
Times TimesOf(FailureMatcher& matcher, const std::string& line,
              absl::Time now = kNow) {
  const auto times = matcher.Match(line, now).times;
  return Times(times.begin(), times.end());
}

TEST(FailureMatcherTest, ALineWithoutAStampInheritsARecentOne) {
  FailureMatcher matcher = Compile({.fail_regexes = {"<HOST>$"}});
  EXPECT_EQ(TimesOf(matcher, "192.0.2.1"), Times{std::nullopt});
  matcher.Match("Nov 23 11:59:30 x", kNow);
  EXPECT_EQ(TimesOf(matcher, "192.0.2.1"), Times{kNow - absl::Seconds(30)});
  EXPECT_EQ(TimesOf(matcher, "192.0.2.1", kNow + absl::Seconds(30)),
            Times{std::nullopt});
}

TEST(FailureMatcherTest, ATimeThatIsKnownIsNotSought) {
  FailureMatcher matcher = Compile({.fail_regexes = {"^\\S+ \\S+ <HOST>$"}});
  const absl::Time time = kNow - absl::Microseconds(1);
  const auto times =
      matcher.Match("Nov 23 192.0.2.1", kNow, {.time = time}).times;
  EXPECT_EQ(Times(times.begin(), times.end()), Times{time});
  const char stamped[] = "Nov 23 08:40:11 192.0.2.1";
  EXPECT_TRUE(matcher.Match(stamped, kNow, {.time = time}).times.empty());
}

TEST(FailureMatcherTest, AnImpossibleDateIsCutButNoTime) {
  FailureMatcher matcher = Compile({.fail_regexes = {"^ <HOST>$"}});
  EXPECT_EQ(TimesOf(matcher, "Feb 31 08:40:11 192.0.2.1"), Times{std::nullopt});
}

TEST(FailureMatcherTest, AFilterCanSayTheZone) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"<HOST>$"}, .time_zone = "UTC-0200"});
  EXPECT_EQ(TimesOf(matcher, "Nov 23 09:00:00 192.0.2.1"),
            Times{kNow - absl::Hours(1)});
  EXPECT_THAT(CompileError({.fail_regexes = {"<HOST>"}, .time_zone = "?"}),
              HasSubstr("?"));
}

TEST(FailureMatcherTest, ALineCanStandForSeveral) {
  FailureMatcher matcher = Compile(
      {.fail_regexes = {"(?:<F-REPEATED>\\d+</F-REPEATED> times: )?<IP4>$"}});
  EXPECT_EQ(matcher.Match("192.0.2.1", kNow).times.size(), 1u);
  EXPECT_EQ(matcher.Match("3 times: 192.0.2.1", kNow).times.size(), 3u);
  EXPECT_EQ(matcher.Match("0 times: 192.0.2.1", kNow).times.size(), 1u);
  EXPECT_EQ(matcher.Match("99999999999 times: 192.0.2.1", kNow).times.size(),
            1u)
      << "nonsense";
  EXPECT_EQ(matcher.Match("99999 times: 192.0.2.1", kNow).times.size(),
            FailureMatcher::kMaxRepetition);
}

TEST(FailureMatcherTest, ALineThatIsNoFailureIsNone) {
  const Filter filter = {
      .fail_regexes = {"^(?:<F-NOFAIL>ok</F-NOFAIL>|bad) <HOST>$"}};
  EXPECT_EQ(Tell(filter, "bad 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Tell(filter, "ok 192.0.2.1"), "no failure");
}

TEST(FailureMatcherTest, SeveralLinesCanBeOneMatch) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"^begin (\\d)<SKIPLINES>^end \\1 <HOST>$"},
               .max_lines = 4});
  EXPECT_EQ(Tell(matcher, "begin 1"), "missed");
  EXPECT_EQ(Tell(matcher, "begin 2"), "missed");
  EXPECT_EQ(Tell(matcher, "end 1 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Tell(matcher, "end 1 192.0.2.1"), "missed") << "used up";
  EXPECT_EQ(Tell(matcher, "end 2 192.0.2.2"), "192.0.2.2") << "was skipped";
}

TEST(FailureMatcherTest, OnlyTheLastLinesAreSeen) {
  FailureMatcher matcher = Compile(
      {.fail_regexes = {"^begin<SKIPLINES>^end <HOST>$"}, .max_lines = 2});
  Tell(matcher, "begin");
  EXPECT_EQ(Tell(matcher, "end 192.0.2.1"), "192.0.2.1");
  Tell(matcher, "begin");
  Tell(matcher, "x");
  EXPECT_EQ(Tell(matcher, "end 192.0.2.1"), "missed");
}

TEST(FailureMatcherTest, IgnoredLinesOfSeveralAreUsedUp) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"^begin.*<SKIPLINES>^end <HOST>$"},
               .ignore_regexes = {"ok"},
               .max_lines = 5});
  Tell(matcher, "begin");
  Tell(matcher, "ok, skipped");
  EXPECT_EQ(Tell(matcher, "end 192.0.2.1"), "192.0.2.1");
  Tell(matcher, "begin ok");
  EXPECT_EQ(Tell(matcher, "end 192.0.2.1"), "ignored");
}

// The lines of one session, as `session 1 user=joe`, `session 1 host=192...`.
Filter SessionFilter() {
  return {
      .fail_regexes = {"^user=<F-USER>\\w*</F-USER>$",
                       "^<F-NOFAIL>host=</F-NOFAIL><IP4>$",
                       "^<F-MLFGAINED>welcome</F-MLFGAINED>$",
                       "^<F-MLFFORGET><F-NOFAIL>bye</F-NOFAIL></F-MLFFORGET>"},
      .prefix_regex =
          "^session <F-MLFID>\\d+</F-MLFID> "
          "<F-CONTENT>.+</F-CONTENT>$"};
}

TEST(FailureMatcherTest, LinesOfASessionAreJoined) {
  FailureMatcher matcher = Compile(SessionFilter());
  EXPECT_EQ(Tell(matcher, "session 1 host=192.0.2.1"), "no failure");
  EXPECT_EQ(Tell(matcher, "session 2 user=joe"), "no failure") << "waits";
  EXPECT_EQ(Tell(matcher, "session 1 user=joe"), "192.0.2.1");
  EXPECT_EQ(Tell(matcher, "session 2 host=192.0.2.2"), "192.0.2.2");
  EXPECT_EQ(Tell(matcher, "session 2 host=192.0.2.2"), "no failure") << "told";
  EXPECT_EQ(Tell(matcher, "session 1 bye"), "no failure");
  EXPECT_EQ(Tell(matcher, "session 1 user=joe"), "no failure") << "another";
}

TEST(FailureMatcherTest, WaitingFailuresCountEachAtItsTime) {
  Filter filter = SessionFilter();
  filter.prefix_regex.insert(1, "\\s*");
  filter.pending_limit = 10;
  FailureMatcher matcher = Compile(filter);
  Tell(matcher, "Nov 23 11:00:00 session 1 user=joe");
  Tell(matcher, "Nov 23 11:00:05 session 1 user=joe");
  const absl::Time first = kNow - absl::Hours(1);
  EXPECT_EQ(TimesOf(matcher, "Nov 23 11:00:09 session 1 host=192.0.2.1"),
            (Times{first, first + absl::Seconds(5)}));
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
}

TEST(FailureMatcherTest, AnExpressionThatGivesUpIsNamed) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"x<HOST>", "^(a+)+ <HOST>$"}});
  const std::string line = std::string(60000, 'a') + "! x";
  const FailureMatcher::Result result = matcher.Match(line, kNow);
  EXPECT_EQ(result.outcome, Outcome::kLimitHit);
  EXPECT_EQ(result.gave_up, "failregex 2");
  EXPECT_EQ(Tell(matcher, "aa 192.0.2.1"), "192.0.2.1");
}

TEST(FailureMatcherTest, SaysWhatALineRequires) {
  const LineRequirements required =
      Compile({.fail_regexes = {"failure <HOST>$", "<HOST>$"},
               .prefix_regex = "mta: <F-CONTENT>.*</F-CONTENT>",
               .success_regexes = {"AUTH=server of <F-USER>.*</F-USER> <IP4>"}})
          .required();
  EXPECT_FALSE(required.are_for_each_line);
  EXPECT_EQ(required.prefix, std::vector<Literal>{{"mta: "}});
  const std::vector<std::vector<Literal>> literals = {
      {{"failure "}}, {}, {{"AUTH=server of "}}};
  EXPECT_EQ(required.expressions, literals);
}

TEST(FailureMatcherTest, EachLineMattersWithSeveralOrAStampAnywhere) {
  EXPECT_TRUE(Compile({.fail_regexes = {"failure <HOST>$"}, .max_lines = 2})
                  .required()
                  .are_for_each_line);
  EXPECT_TRUE(Compile({.fail_regexes = {"failure <HOST>$"},
                       .date_patterns = {"{UNB}%Y"}})
                  .required()
                  .are_for_each_line);
  EXPECT_FALSE(Compile({.fail_regexes = {"failure <HOST>$"},
                        .date_patterns = {"{NONE}"}})
                   .required()
                   .are_for_each_line);
}

TEST(FailureMatcherTest, TriesOnlyWhatTheScannerFound) {
  FailureMatcher matcher = Compile({.fail_regexes = {"a <HOST>", "b <HOST>"}});
  const LineScanner::Hit second = {.expression = 1, .is_whole = true};
  const auto result = matcher.Match("a 192.0.2.1 b 192.0.2.2", kNow,
                                    {.hits = absl::MakeConstSpan(&second, 1)});
  EXPECT_EQ(result.host, "192.0.2.2");
}

TEST(FailureMatcherTest, AWordWillDoWhereTheStampIsWithinTheLine) {
  FailureMatcher matcher = Compile({.fail_regexes = {"\\[\\] failure <HOST>"}});
  const LineScanner::Hit word = {.expression = 0, .is_whole = false};
  const FailureMatcher::Surroundings surroundings = {
      .hits = absl::MakeConstSpan(&word, 1)};
  EXPECT_EQ(
      matcher
          .Match("[2026-11-23 11:59:30] failure 192.0.2.1", kNow, surroundings)
          .host,
      "192.0.2.1");
  EXPECT_EQ(
      matcher
          .Match("2026-11-23 11:59:30 [] failure 192.0.2.1", kNow, surroundings)
          .outcome,
      Outcome::kMissed)
      << "has all of it, so the scanner has lied";
}

TEST(FailureMatcherTest, ALineWithoutAStampHasThatOfTheLinesBefore) {
  FailureMatcher matcher = Compile({.fail_regexes = {"failure <HOST>$"}});
  const auto time_of = [&](absl::string_view line, absl::string_view before) {
    return matcher.Match(line, kNow, {.before = before}).times.front();
  };
  EXPECT_EQ(time_of("failure 192.0.2.1", "Nov 23 11:59:30 a\nb\n"),
            kNow - absl::Seconds(30));
  EXPECT_EQ(time_of("Nov 23 11:59:40 failure 192.0.2.1", "Nov 23 11:59:10 a\n"),
            kNow - absl::Seconds(20));
  EXPECT_EQ(time_of("failure 192.0.2.1", ""), kNow - absl::Seconds(20));
  matcher.PassOver("Nov 23 11:59:50 a\nb\n", kNow);
  EXPECT_EQ(time_of("failure 192.0.2.1", "c\n"), kNow - absl::Seconds(10));
}

TEST(FailureMatcherTest, TellsTheStampOfALine) {
  FailureMatcher matcher = Compile({.fail_regexes = {"<HOST>$"}});
  const struct {
    const char* line;
    std::optional<absl::Time> time;
  } cases[] = {
      {"Nov 23 11:00:00 mx x", kNow - absl::Hours(1)},
      {"Nov 23 11:00:00 mx x\r\n", kNow - absl::Hours(1)},
      {"2026-11-23T10:00:00+00:00 mx x", kNow - absl::Hours(2)},
      {"Dec 23 12:00:00 mx x", kNow - absl::Hours(24) * 335},  // Last year's.
      {"Feb 31 08:40:11 mx x", std::nullopt},
      {"no stamp at all", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(matcher.StampOf(test.line, kNow), test.time) << test.line;
  }
}

TEST(FailureMatcherTest, WhoAsksForAStampChangesNothing) {
  FailureMatcher matcher = Compile({.fail_regexes = {"<HOST>$"}});
  matcher.StampOf("Nov 23 11:59:30 x", kNow);
  EXPECT_EQ(TimesOf(matcher, "192.0.2.1"), Times{std::nullopt});
}

}  // namespace
}  // namespace mxban
