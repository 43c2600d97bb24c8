#include "coordinator/verdict_sentence.h"

#include "gtest/gtest.h"

namespace mxban {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kSource = IpNetwork::ParseOrDie("203.0.113.7");

JailVerdict Verdict() {
  JailVerdict verdict;
  verdict.jail.name = "sendmail-auth";
  verdict.jail.max_retry = 5;
  verdict.counted_source = kSource;
  return verdict;
}

Ban SomeBan() {
  Ban ban;
  ban.key = {"sendmail-auth", kSource};
  ban.create_time = kNow - absl::Hours(1);
  ban.expire_time = kNow + absl::Minutes(478) + absl::Seconds(7);
  ban.reason = "5 failures within 10m";
  ban.servers = {"mx1", "mx2"};
  return ban;
}

std::string Say(const JailVerdict& verdict) {
  return VerdictSentence(kSource, verdict, kNow);
}

TEST(VerdictSentenceTest, SaysHowFarItIsFromABan) {
  JailVerdict verdict = Verdict();
  verdict.failure_count = 3;
  verdict.servers = {"mx1", "mx3"};
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth 3 of 5 failures "
            "within 10m, on mx1 and mx3");
  verdict.servers = {"1", "2", "3", "4", "5"};
  EXPECT_EQ(Say(verdict).substr(77), "on 1, 2, 3, 4 and 5");
  verdict.servers = {"1", "2", "3", "4", "5", "6"};
  EXPECT_EQ(Say(verdict).substr(77), "on 1, 2, 3, 4 and 2 others");
}

TEST(VerdictSentenceTest, SaysThatFailuresOfAKnownOffenderWeighMore) {
  JailVerdict verdict = Verdict();
  verdict.failure_count = 1;
  verdict.failure_weight = 3;
  verdict.servers = {"mx1"};
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth 1 failure within "
            "10m that counts as 3 of 5 (banned before), on mx1");
}

TEST(VerdictSentenceTest, SaysThatMoreServersMustSeeIt) {
  JailVerdict verdict = Verdict();
  verdict.failure_count = 5;
  verdict.jail.min_servers = 2;
  verdict.servers = {"mx1"};
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth 5 of 5 failures "
            "within 10m, on 1 of 2 servers that it takes: mx1");
}

TEST(VerdictSentenceTest, SaysWhyThereIsNothing) {
  JailVerdict verdict = Verdict();
  verdict.failures.resize(2);
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth no failure "
            "within 10m, 2 before that");
  verdict.failures.clear();
  verdict.previous_ban_count = 1;
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth no failure "
            "within 10m, banned 1 time before");
  verdict.pardon_time = kNow - absl::Seconds(3'725);
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: in jail sendmail-auth an operator "
            "pardoned it 1h2m ago");
  verdict.ignored_by = "ignoreip 203.0.113.0/24";
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is not banned: jail sendmail-auth never bans it "
            "(ignoreip 203.0.113.0/24)");
}

TEST(VerdictSentenceTest, SaysWhoBannedItAndForHowLong) {
  JailVerdict verdict = Verdict();
  verdict.bans = {SomeBan()};
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is banned in jail sendmail-auth for another 7h58m: 5 "
            "failures within 10m, on mx1 and mx2");
  verdict.bans[0].origin = BanOrigin::kLocal;
  verdict.bans[0].servers = {"mx1"};
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is banned in jail sendmail-auth for another 7h58m, by "
            "mx1 alone: 5 failures within 10m");
  verdict.bans[0].origin = BanOrigin::kOperator;
  verdict.bans[0].reason = "seen elsewhere";
  verdict.bans[0].expire_time = absl::InfiniteFuture();
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is banned in jail sendmail-auth for ever, by an "
            "operator: seen elsewhere");
}

TEST(VerdictSentenceTest, SaysThatTheNetworkIsBanned) {
  JailVerdict verdict = Verdict();
  verdict.bans = {SomeBan()};
  verdict.bans[0].key.source = IpNetwork::ParseOrDie("203.0.113.0/24");
  verdict.jail.dry_run = true;
  EXPECT_EQ(Say(verdict),
            "203.0.113.7 is banned with all of 203.0.113.0/24 in jail "
            "sendmail-auth for another 7h58m (a dry run, nobody is refused): 5 "
            "failures within 10m, on mx1 and mx2");
}

}  // namespace
}  // namespace mxban
