#include "coordinator/explanation_convert.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

using testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'795'435'200);
const IpNetwork kSource = IpNetwork::ParseOrDie("203.0.113.7");

SourceExplanation Explanation() {
  SourceExplanation explanation = {kSource, kNow, "", {}};
  JailVerdict& verdict = explanation.verdicts.emplace_back();
  verdict.jail.name = "jail";
  verdict.jail.max_retry = 5;
  verdict.counted_source = kSource;
  verdict.failures = {{{"jail", kSource}, kNow, "mx1", "\\x1b[2J"}};
  verdict.are_forgiven = {true};
  verdict.failure_count = 1;
  verdict.servers = {"mx1"};
  verdict.next_ban_time = absl::Hours(8);
  return explanation;
}

TEST(ExplanationConvertTest, WhatIsNotBannedHasItsFailures) {
  const AgentRegistry registry(7);
  const v1::ExplainSourceResponse message =
      ExplanationToProto(Explanation(), registry);
  EXPECT_EQ(message.source(), "203.0.113.7");
  ASSERT_EQ(message.verdicts_size(), 1);
  const v1::JailVerdict& verdict = message.verdicts(0);
  EXPECT_EQ(verdict.summary(),
            "203.0.113.7 is not banned: in jail jail 1 of 5 failures within "
            "10m, on mx1");
  EXPECT_EQ(verdict.failures(0).evidence(), "\\x1b[2J");
  EXPECT_EQ(verdict.failures(0).server_name(), "mx1");
  EXPECT_TRUE(verdict.failures(0).is_forgiven());
  EXPECT_EQ(verdict.failure_count(), 1);
  EXPECT_EQ(verdict.server_count(), 1);
  EXPECT_EQ(verdict.find_time().seconds(), 600);
  EXPECT_EQ(verdict.next_ban_time().seconds(), 8 * 3600);
  EXPECT_FALSE(verdict.has_pardon_time());
}

TEST(ExplanationConvertTest, WhatIsBannedHasTheServersThatEnforceIt) {
  AgentRegistry registry(6);
  const uint64_t ticket =
      registry.Connect({.server_name = "mx1"}, kNow - absl::Hours(2));
  registry.Connect({.server_name = "mx2"}, kNow - absl::Hours(2));
  registry.OnUpdate({.revision = 7, .time = kNow - absl::Hours(1)});
  registry.Acknowledge("mx1", ticket, {.revision = 7},
                       kNow - absl::Minutes(59));
  SourceExplanation explanation = Explanation();
  Ban ban;
  ban.key = {"jail", kSource};
  ban.create_time = kNow;
  ban.revision = 7;
  explanation.verdicts[0].bans = {ban};
  explanation.verdicts[0].next_ban_time = absl::InfiniteDuration();
  const v1::ExplainSourceResponse message =
      ExplanationToProto(explanation, registry);
  const v1::JailVerdict& verdict = message.verdicts(0);
  EXPECT_EQ(verdict.bans(0).progress().enforcing_server_count(), 1);
  ASSERT_EQ(verdict.enforcing_servers_size(), 1);
  EXPECT_EQ(verdict.enforcing_servers(0).server_name(), "mx1");
  EXPECT_EQ(verdict.enforcing_servers(0).start_time().seconds(),
            absl::ToUnixSeconds(kNow - absl::Minutes(59)));
  EXPECT_THAT(verdict.missing_servers(), ElementsAre("mx2"));
  EXPECT_FALSE(verdict.has_next_ban_time()) << "it would be for ever";
}

}  // namespace
}  // namespace mxban
