// Whose logins a matcher tells, the right and the failed ones.

#include "filter/failure_matcher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/matcher_answers.h"

namespace mxban {
namespace {

using Outcome = FailureMatcher::Outcome;

Filter LoginFilter() {
  return {.fail_regexes = {"^bad <F-USER>.*</F-USER> from <HOST>$"},
          .ignore_regexes = {"monitoring"},
          .prefix_regex = "^ mx <F-CONTENT>.+</F-CONTENT>$",
          .success_regexes = {"^good <F-USER>\\S+</F-USER> from <ADDR>$",
                              "^(?:good|bad) <F-USER>.*</F-USER> at <IP4>$"}};
}

TEST(FailureMatcherLoginTest, ARightLoginNamesUserAndAddress) {
  FailureMatcher matcher = Compile(LoginFilter());
  const auto result = matcher.Match(
      "Nov 23 08:40:11 mx good alice from 2001:db8::1", kNow, {.position = 7});
  EXPECT_EQ(result.outcome, Outcome::kRightLogin);
  EXPECT_EQ(result.host, "2001:db8::1");
  ASSERT_EQ(result.users.size(), 1);
  EXPECT_EQ(result.users[0], "alice");
  ASSERT_EQ(result.times.size(), 1);
  EXPECT_EQ(*result.times[0], kNow - absl::Minutes(200) + absl::Seconds(11));
  EXPECT_EQ(result.fail_regex, -1);
  EXPECT_EQ(result.success_regex, 0);
}

TEST(FailureMatcherLoginTest, WhatIsAFailureIsNoRightLogin) {
  FailureMatcher matcher = Compile(LoginFilter());
  EXPECT_EQ(Tell(matcher, " mx bad bob from 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(Tell(matcher, " mx bad bob at 192.0.2.1"), "bob at 192.0.2.1");
  EXPECT_EQ(Tell(matcher, " mx good monitoring from 192.0.2.1"), "ignored");
  EXPECT_EQ(Tell(matcher, " mx good alice from nowhere"), "missed");
  EXPECT_EQ(Tell(matcher, "good alice from 192.0.2.1"), "missed")
      << "the prefix is wanted";
}

// As Fail2Ban's sshd has it, whose failregexes know of right logins, too.
TEST(FailureMatcherLoginTest, WhatEndsASessionMayBeARightLogin) {
  FailureMatcher matcher = Compile(
      {.fail_regexes = {"^ <F-MLFID>\\d+</F-MLFID> bad from <HOST>$",
                        "^ <F-MLFID>\\d+</F-MLFID> <F-MLFFORGET><F-MLFGAINED>"
                        "Accepted</F-MLFGAINED></F-MLFFORGET> for \\w+ from "
                        "<HOST>$"},
       .success_regexes = {"Accepted for <F-USER>\\w+</F-USER> from <ADDR>$"}});
  const auto result = matcher.Match(
      "Nov 23 08:40:11 17 Accepted for alice from 192.0.2.1", kNow);
  EXPECT_EQ(result.outcome, Outcome::kRightLogin);
  EXPECT_EQ(result.host, "192.0.2.1");
  ASSERT_EQ(result.users.size(), 1);
  EXPECT_EQ(result.users[0], "alice");
  EXPECT_EQ(Tell(matcher, " 18 bad from 192.0.2.1"), "192.0.2.1");
}

TEST(FailureMatcherLoginTest, EachSuccessRegexCapturesForItself) {
  FailureMatcher matcher =
      Compile({.fail_regexes = {"^ bad <HOST>$"},
               .success_regexes = {"good <IP4> as <F-USER>\\w*</F-USER>",
                                   "for <F-USER>\\w+</F-USER> at <IP4>$"}});
  const auto result = matcher.Match(
      "Nov 23 08:40:11 good 192.0.2.1 as  for alice at 192.0.2.2", kNow);
  EXPECT_EQ(result.outcome, Outcome::kRightLogin);
  EXPECT_EQ(result.host, "192.0.2.2");
  EXPECT_EQ(result.success_regex, 1);
}

TEST(FailureMatcherLoginTest, EachFailureHasTheUserOfItsOwnLine) {
  const Filter filter = {
      .fail_regexes =
          {"^ <F-MLFID>s\\d</F-MLFID> bad(?: <F-USER>\\w+</F-USER>)?$",
           "^ <F-MLFID>s\\d</F-MLFID> <F-NOFAIL>is</F-NOFAIL> <HOST>$",
           "^ <F-REPEATED>\\d+</F-REPEATED> <F-USER>\\w+</F-USER> <HOST>$"},
      .pending_limit = 10};
  FailureMatcher matcher = Compile(filter);
  for (const char* line : {" s1 bad alice", " s1 bad bob", " s1 bad"}) {
    EXPECT_EQ(Tell(matcher, line), "no failure");
  }
  auto result = matcher.Match(" s1 is 192.0.2.1", kNow);
  EXPECT_EQ(result.outcome, Outcome::kFailure);
  EXPECT_THAT(result.users, testing::ElementsAre("alice", "bob", ""));
  EXPECT_EQ(Tell(matcher, " s1 is 192.0.2.1"), "no failure")
      << "two users are nothing by themselves";
  result = matcher.Match(" 2 carol 192.0.2.1", kNow);
  EXPECT_THAT(result.users, testing::ElementsAre("carol", "carol"));
}

}  // namespace
}  // namespace mxban
