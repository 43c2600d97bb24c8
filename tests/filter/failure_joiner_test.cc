#include "filter/failure_joiner.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using Line = FailureJoiner::Line;
using Times = std::vector<std::optional<absl::Time>>;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

absl::Time At(int seconds) { return kNow + absl::Seconds(seconds); }

Line User(const char* user, int seconds = 0) {
  Line line{.mlfid = "s", .time = At(seconds)};
  line.facts[FailureJoiner::kUser] = user;
  return line;
}

Line Host(const char* ip4, int seconds = 0) {
  Line line{.mlfid = "s", .time = At(seconds), .is_failure = false};
  line.facts[FailureJoiner::kIp4] = ip4;
  return line;
}

Times Join(FailureJoiner& joiner, const Line& line, absl::Time now) {
  const auto times = joiner.Join(line, now).times;
  return Times(times.begin(), times.end());
}

Line Gained() { return {.mlfid = "s", .is_failure = false, .gained = true}; }

Line Bye() { return {.mlfid = "s", .is_failure = false, .forgets = true}; }

TEST(FailureJoinerTest, TheIdGoesBeforeTheHost) {
  FailureJoiner joiner({});
  Line line = User("joe");
  line.facts[FailureJoiner::kIp6] = "2001:db8::1";
  line.facts[FailureJoiner::kDns] = "mx.example";
  auto joined = joiner.Join(line, kNow);
  EXPECT_EQ(joined.host, "2001:db8::1");
  EXPECT_EQ(joined.failure_id, "2001:db8::1");
  line = User("joe");
  line.facts[FailureJoiner::kId] = "x";
  line.facts[FailureJoiner::kPrefixLength] = "64";
  joined = joiner.Join(line, kNow);
  EXPECT_EQ(joined.host, "2001:db8::1") << "null overwrites nothing";
  EXPECT_EQ(joined.failure_id, "x");
  EXPECT_EQ(joined.prefix_length, "64");
}

TEST(FailureJoinerTest, AKnownHostMakesALaterLineAFailure) {
  FailureJoiner joiner({});
  EXPECT_EQ(Join(joiner, Host("192.0.2.1"), kNow), Times());
  const auto joined = joiner.Join(User("joe", 3), kNow);
  EXPECT_EQ(Times(joined.times.begin(), joined.times.end()), Times{At(3)});
  EXPECT_EQ(joined.host, "192.0.2.1");
}

TEST(FailureJoinerTest, AFailureWaitsForItsHostAndCountsOnce) {
  FailureJoiner joiner({});
  EXPECT_EQ(Join(joiner, User("joe", 1), kNow), Times());
  EXPECT_EQ(Join(joiner, User("joe", 2), kNow), Times());
  EXPECT_EQ(Join(joiner, Host("192.0.2.1", 3), kNow), Times{At(3)});
  EXPECT_EQ(Join(joiner, Host("192.0.2.1", 4), kNow), Times());
}

std::vector<std::string> Users(FailureJoiner& joiner, const Line& line) {
  const auto users = joiner.Join(line, kNow).users;
  return {users.begin(), users.end()};
}

TEST(FailureJoinerTest, EachCountsForTheUserOfItsLine) {
  FailureJoiner joiner({.pending_limit = 9});
  for (const char* user : {"joe", "ann", ""}) joiner.Join(User(user), kNow);
  Line nobody = User("");
  nobody.facts[FailureJoiner::kUser].reset();
  joiner.Join(nobody, kNow);
  EXPECT_EQ(Users(joiner, Host("192.0.2.1")),
            (std::vector<std::string>{"joe", "ann", "", ""}));
  EXPECT_EQ(Users(joiner, Host("192.0.2.1")), std::vector<std::string>())
      << "two users are no failure by themselves";
  const std::string name(100, 'x');
  EXPECT_EQ(Users(joiner, User(name.c_str())),
            std::vector<std::string>{std::string(64, 'x')});
}

TEST(FailureJoinerTest, ThatOfASessionCountsForTheUserWhoWaited) {
  FailureJoiner joiner({});
  joiner.Join(User("joe"), kNow);
  EXPECT_EQ(Users(joiner, Host("192.0.2.1")), std::vector<std::string>{"joe"});
}

TEST(FailureJoinerTest, WithALimitEachCountsAtItsTime) {
  FailureJoiner joiner({.pending_limit = 3});
  for (int i = 1; i <= 5; ++i) joiner.Join(User("joe", i), kNow);
  EXPECT_EQ(Join(joiner, Host("192.0.2.1", 9), kNow),
            (Times{At(1), At(2), At(3)}));
  Line again = User("joe", 10);
  again.repetition = 2;
  EXPECT_EQ(Join(joiner, again, kNow), (Times{At(10), At(10)}));
}

TEST(FailureJoinerTest, AFailureWithItsHostReleasesThoseThatWait) {
  FailureJoiner joiner({.pending_limit = 10});
  Line waiting = User("joe", 1);
  waiting.repetition = 2;
  joiner.Join(waiting, kNow);
  Line named = User("joe", 5);
  named.facts[FailureJoiner::kIp4] = "192.0.2.1";
  EXPECT_EQ(Join(joiner, named, kNow), (Times{At(1), At(1), At(5)}));
}

TEST(FailureJoinerTest, SuccessForgivesWhatWaits) {
  FailureJoiner joiner({});
  joiner.Join(User("joe"), kNow);
  joiner.Join(Gained(), kNow);
  EXPECT_EQ(Join(joiner, Host("192.0.2.1"), kNow), Times());
}

TEST(FailureJoinerTest, TwoUsersAreAFailureWhateverTheLineSays) {
  FailureJoiner joiner({});
  Line first = Host("192.0.2.1");
  first.facts[FailureJoiner::kUser] = "joe";
  EXPECT_EQ(Join(joiner, first, kNow), Times());
  EXPECT_EQ(Join(joiner, first, kNow), Times());
  Line second = Host("192.0.2.1", 7);
  second.facts[FailureJoiner::kUser] = "ann";
  EXPECT_EQ(Join(joiner, second, kNow), Times{At(7)});
}

TEST(FailureJoinerTest, TheEndOfASessionReleasesAndForgets) {
  FailureJoiner joiner({});
  joiner.Join(User("joe"), kNow);
  Line bye = Bye();
  bye.facts[FailureJoiner::kIp4] = "192.0.2.1";
  bye.time = At(8);
  EXPECT_EQ(Join(joiner, bye, kNow), Times{At(8)});
  EXPECT_EQ(joiner.session_count(), 0u);
  EXPECT_EQ(Join(joiner, User("joe"), kNow), Times());
}

TEST(FailureJoinerTest, ASessionThatEndsAtOnceIsNotKept) {
  FailureJoiner joiner({});
  EXPECT_EQ(Join(joiner, Bye(), kNow), Times());
  EXPECT_EQ(joiner.session_count(), 0u);
}

TEST(FailureJoinerTest, AnIdleSessionIsForgotten) {
  FailureJoiner joiner({.idle_limit = absl::Minutes(5)});
  joiner.Join(Host("192.0.2.1"), kNow);
  EXPECT_EQ(joiner.Join(User("joe"), kNow + absl::Minutes(5)).times.size(), 1u);
  EXPECT_EQ(joiner.Join(User("joe"), kNow + absl::Minutes(11)).times.size(),
            0u);
}

TEST(FailureJoinerTest, KnowsFromWhereSomethingWaits) {
  FailureJoiner joiner({.pending_limit = 9});
  EXPECT_EQ(joiner.waiting_from(), std::nullopt);
  for (const uint64_t position : {30, 40, 50}) {
    Line line = User("joe");
    line.mlfid = position == 40 ? "other" : "s";
    line.position = position;
    joiner.Join(line, kNow);
  }
  EXPECT_EQ(joiner.waiting_from(), 30);
  joiner.Join(Host("192.0.2.1"), kNow);
  EXPECT_EQ(joiner.waiting_from(), 40);
  Line end = Bye();
  end.mlfid = "other";
  joiner.Join(end, kNow);
  EXPECT_EQ(joiner.waiting_from(), std::nullopt);
}

TEST(FailureJoinerTest, NothingWaitsForEver) {
  FailureJoiner joiner({.idle_limit = absl::Minutes(5)});
  Line line = User("joe");
  line.position = 30;
  joiner.Join(line, kNow);
  Line other = Host("192.0.2.1");
  other.mlfid = "other";
  joiner.Join(other, kNow + absl::Minutes(6));
  EXPECT_EQ(joiner.waiting_from(), std::nullopt);
  EXPECT_EQ(joiner.session_count(), 1u);
}

TEST(FailureJoinerTest, PositionsAreThoseOfTheLogThatIsRead) {
  FailureJoiner joiner({});
  Line line = User("joe");
  line.position = 30;
  joiner.Join(line, kNow);
  joiner.TurnToAnotherLog();
  EXPECT_EQ(joiner.waiting_from(), std::nullopt);
  line.mlfid = "other";
  line.position = 70;
  joiner.Join(line, kNow);
  EXPECT_EQ(joiner.waiting_from(), 70);
  EXPECT_EQ(joiner.Join(Host("192.0.2.1"), kNow).times.size(), 1u);
  EXPECT_EQ(joiner.waiting_from(), 70);
}

TEST(FailureJoinerTest, KnowsWhatWaitsInEarlierLogs) {
  FailureJoiner joiner({});
  const auto wait = [&](const char* mlfid, uint64_t position) {
    Line line = User("joe");
    line.mlfid = mlfid;
    line.position = position;
    joiner.Join(line, kNow);
  };
  const auto release = [&](const char* mlfid) {
    Line line = Host("192.0.2.1");
    line.mlfid = mlfid;
    EXPECT_EQ(joiner.Join(line, kNow).times.size(), 1u) << mlfid;
  };
  wait("a", 30);
  wait("b", 20);
  joiner.TurnToAnotherLog();
  joiner.TurnToAnotherLog();
  wait("c", 70);
  EXPECT_EQ(joiner.waiting_from(0), 70);
  EXPECT_EQ(joiner.waiting_from(1), std::nullopt);
  EXPECT_EQ(joiner.waiting_from(2), 20);
  EXPECT_EQ(joiner.waiting_from(3), std::nullopt);
  release("b");
  EXPECT_EQ(joiner.waiting_from(2), 30);
  release("a");
  EXPECT_EQ(joiner.waiting_from(2), std::nullopt);
  EXPECT_EQ(joiner.waiting_from(0), 70);
  // What waits again does so where it waits now.
  joiner.TurnToAnotherLog();
  wait("c", 10);
  EXPECT_EQ(joiner.waiting_from(0), std::nullopt);
  EXPECT_EQ(joiner.waiting_from(1), 70) << "its first line";
}

TEST(FailureJoinerTest, AmongWaitingSessionsTheLatestStays) {
  FailureJoiner joiner({});
  for (size_t i = 0; i < FailureJoiner::kMaxSessions; ++i) {
    const std::string mlfid = absl::StrCat(i);
    Line line = User("joe");
    line.mlfid = mlfid;
    joiner.Join(line, kNow);
  }
  Line line = User("joe");
  line.facts[FailureJoiner::kIp6] = "2001:db8:0:0:0:0:0:1234";
  const auto joined = joiner.Join(line, kNow);
  EXPECT_EQ(joined.host, "2001:db8:0:0:0:0:0:1234");
  EXPECT_EQ(joiner.session_count(), FailureJoiner::kMaxSessions);
}

TEST(FailureJoinerTest, SessionsAreBoundedAndTheIdlestGoesFirst) {
  FailureJoiner joiner({});
  joiner.Join(Host("192.0.2.1"), kNow);
  for (size_t i = 0; i < FailureJoiner::kMaxSessions; ++i) {
    const std::string mlfid = absl::StrCat(i);
    Line line = Host("192.0.2.2");
    line.mlfid = mlfid;
    joiner.Join(line, kNow);
    if (i == 5) joiner.Join(Host("192.0.2.1"), kNow);  // Not idle.
  }
  EXPECT_EQ(joiner.session_count(), FailureJoiner::kMaxSessions);
  EXPECT_EQ(joiner.Join(User("joe"), kNow).host, "192.0.2.1");
}

TEST(FailureJoinerTest, ASessionWithAWaitingFailureOutlivesQuietOnes) {
  FailureJoiner joiner({});
  joiner.Join(User("joe"), kNow);
  for (size_t i = 0; i < 2 * FailureJoiner::kMaxSessions; ++i) {
    const std::string mlfid = absl::StrCat(i);
    Line line = Host("192.0.2.2");
    line.mlfid = mlfid;
    joiner.Join(line, kNow);
  }
  EXPECT_EQ(joiner.Join(Host("192.0.2.1"), kNow).times.size(), 1u);
}

TEST(FailureJoinerTest, LongTextsTakeTheRoomOfMany) {
  FailureJoiner joiner({.pending_limit = 1000});
  for (int i = 0; i < 1000; ++i) {
    const std::string mlfid = absl::StrCat(i, std::string(60'000, 'x'));
    Line line = User("joe");
    line.mlfid = mlfid;
    joiner.Join(line, kNow);
  }
  EXPECT_LT(joiner.session_count(), FailureJoiner::kMaxBytes / 60'000);
  EXPECT_GT(joiner.session_count(), 1u);
}

}  // namespace
}  // namespace mxban
