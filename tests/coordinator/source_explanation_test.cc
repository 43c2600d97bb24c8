// What the decision loop's own thread finds, on a real store.

#include "coordinator/source_explanation.h"

#include "gmock/gmock.h"
#include "tests/coordinator/decision_loop_fixture.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SourceExplanationTest : public DecisionLoopTest {
 protected:
  SourceExplanation Explain(const char* source = kAttacker) {
    SourceExplanation explanation;
    loop_->Inspect([&](const absl::StatusOr<DecisionLoop::View>& view) {
      ASSERT_TRUE(view.ok()) << view.status();
      auto explained = ExplainSource(*view, IpNetwork::ParseOrDie(source));
      ASSERT_TRUE(explained.ok()) << explained.status();
      explanation = *std::move(explained);
    });
    loop_->RunTurn();
    return explanation;
  }

  // Of the only jail that has something to tell.
  JailVerdict VerdictOn(const char* source = kAttacker) {
    SourceExplanation explanation = Explain(source);
    EXPECT_THAT(explanation.verdicts, SizeIs(1));
    return explanation.verdicts.empty() ? JailVerdict()
                                        : explanation.verdicts[0];
  }
};

TEST_F(SourceExplanationTest, OfAStrangerThereIsNothingToTell) {
  const SourceExplanation explanation = Explain();
  EXPECT_EQ(explanation.source, IpNetwork::ParseOrDie(kAttacker));
  EXPECT_EQ(explanation.allowed_by, "");
  EXPECT_THAT(explanation.verdicts, IsEmpty());
}

TEST_F(SourceExplanationTest, FailuresAreToldWithServerTimeAndEvidence) {
  const absl::Time start = clock_.TimeNow();
  ASSERT_TRUE(Report("mx3", 1).ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Report("mx1", 1).ok());
  const JailVerdict verdict = VerdictOn();
  EXPECT_EQ(verdict.jail.name, "jail");
  EXPECT_EQ(verdict.failure_count, 2);
  EXPECT_EQ(verdict.jail.max_retry, 3);
  EXPECT_THAT(verdict.servers, ElementsAre("mx1", "mx3"));
  ASSERT_THAT(verdict.failures, SizeIs(2));
  EXPECT_EQ(verdict.failures[0].server, "mx3");
  EXPECT_EQ(verdict.failures[0].time, start);
  EXPECT_EQ(verdict.failures[0].evidence, "mx3 saw it");
  EXPECT_EQ(verdict.next_ban_time, absl::Hours(8));
}

TEST_F(SourceExplanationTest, WhatIsTooOldToCountIsToldAllTheSame) {
  ASSERT_TRUE(Report("mx1", 1).ok());
  clock_.Advance(absl::Minutes(9));
  ASSERT_TRUE(Report("mx2", 1).ok());
  clock_.Advance(absl::Minutes(1));
  const JailVerdict verdict = VerdictOn();
  EXPECT_THAT(verdict.failures, SizeIs(2));
  EXPECT_EQ(verdict.failure_count, 1);
  EXPECT_THAT(verdict.servers, ElementsAre("mx2"));
}

TEST_F(SourceExplanationTest, BansAroundAnAddressAreToldNarrowestFirst) {
  ASSERT_TRUE(Impose("203.0.113.0/24").ok());
  ASSERT_TRUE(Impose("203.0.113.0/27").ok());
  const JailVerdict verdict = VerdictOn();
  ASSERT_THAT(verdict.bans, SizeIs(2));
  EXPECT_EQ(verdict.bans[0].key.source.ToString(), "203.0.113.0/27");
  EXPECT_EQ(verdict.bans[1].key.source.ToString(), "203.0.113.0/24");
}

TEST_F(SourceExplanationTest, AnIpv6AddressIsCountedAsItsNetwork) {
  ASSERT_TRUE(Report("mx1", 1, "2001:db8::7").ok());
  const JailVerdict verdict = VerdictOn("2001:db8::8");
  EXPECT_EQ(verdict.counted_source.ToString(), "2001:db8::/64");
  EXPECT_EQ(verdict.failure_count, 1);
}

TEST_F(SourceExplanationTest, ABanThatStandsIsNotAnEarlierOne) {
  Replace(EscalatingJails(false));
  FailUntilBanned();
  EXPECT_EQ(VerdictOn().previous_ban_count, 0);
  EXPECT_EQ(VerdictOn().next_ban_time, absl::Hours(16));
  Wait(absl::Hours(8));
  const JailVerdict after = VerdictOn();
  EXPECT_THAT(after.bans, IsEmpty());
  EXPECT_EQ(after.previous_ban_count, 1);
  EXPECT_EQ(after.failure_weight, 2);
  EXPECT_EQ(after.next_ban_time, absl::Hours(16));
  // What is foretold comes about.
  EXPECT_EQ(FailUntilBanned().second, absl::Hours(16));
}

TEST_F(SourceExplanationTest, BansOfOtherJailsCountWhereTheJailSaysSo) {
  Replace(EscalatingJails(true));
  FailUntilBanned("other");
  Wait(absl::Hours(8));
  const SourceExplanation explanation = Explain();
  ASSERT_THAT(explanation.verdicts, SizeIs(1)) << "jail itself knows nothing";
  EXPECT_EQ(explanation.verdicts[0].jail.name, "other");
  ASSERT_TRUE(Report("mx1", 1'000).ok());
  const JailVerdict verdict = Explain().verdicts.at(0);
  EXPECT_EQ(verdict.jail.name, "jail");
  EXPECT_EQ(verdict.previous_ban_count, 0);
  EXPECT_EQ(verdict.next_ban_time, absl::Hours(16));
}

TEST_F(SourceExplanationTest, APardonIsRemembered) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  EXPECT_EQ(VerdictOn().pardon_time, absl::InfinitePast());
  ASSERT_TRUE(Pardon(kAttacker).ok());
  const absl::Time pardon_time = clock_.TimeNow();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(VerdictOn().pardon_time, pardon_time);
  EXPECT_THAT(VerdictOn().bans, IsEmpty());
}

TEST_F(SourceExplanationTest, TheEntryOfIgnoreipIsNamed) {
  EXPECT_EQ(VerdictOn("192.0.2.7").ignored_by, "ignoreip 192.0.2.0/24");
}

TEST_F(SourceExplanationTest, WhatNoRemoteHostHasIsNeverBanned) {
  EXPECT_EQ(Explain("127.0.0.1").allowed_by,
            "no remote host has an address of 127.0.0.0/8");
  EXPECT_EQ(Explain("fe80::1").allowed_by,
            "no remote host has an address of fe80::/10");
}

TEST_F(SourceExplanationTest, ABanOutlivesItsJail) {
  ASSERT_TRUE(Impose(kAttacker).ok());
  Replace(std::make_shared<JailSet>());
  EXPECT_EQ(VerdictOn().jail.name, "jail");
  EXPECT_THAT(VerdictOn().bans, SizeIs(1));
}

TEST_F(SourceExplanationTest, ManyFailuresAreBounded) {
  Replace(Jails(5'000));
  for (const char* server : {"mx1", "mx2"}) {
    std::vector<Failure> failures;
    for (uint64_t i = 1; i <= 750; ++i) {
      failures.push_back(
          {IpNetwork::ParseOrDie(kAttacker), clock_.TimeNow(), i, ""});
    }
    loop_->ReportFailures(ReportOf(server, {"jail", "log", failures}),
                          [](const absl::StatusOr<uint64_t>&) {});
  }
  EXPECT_THAT(VerdictOn().failures, SizeIs(1'000));
}

TEST_F(SourceExplanationTest, LookingChangesNothing) {
  ASSERT_TRUE(Report("mx1", 1).ok());
  const int commits = store_->commits_;
  Explain();
  EXPECT_EQ(store_->commits_, commits);
}

TEST_F(SourceExplanationTest, TheAllowListSaysWhoAllowedIt) {
  loop_->AllowSource({.source = "203.0.113.0/24",
                      .reason = "office",
                      .who = "anna",
                      .networks = {IpNetwork::ParseOrDie("203.0.113.0/24")}},
                     [](const auto& allowed) { ASSERT_TRUE(allowed.ok()); });
  loop_->RunTurn();
  EXPECT_EQ(Explain().allowed_by,
            "the allow list has 203.0.113.0/24, by anna: office");
}

TEST_F(SourceExplanationTest, APauseIsTold) {
  loop_->PauseEnforcement(
      {.who = "anna", .reason = "drill"},
      [](const absl::Status& status) { ASSERT_TRUE(status.ok()); });
  loop_->RunTurn();
  ASSERT_TRUE(Explain().pause.has_value());
  EXPECT_EQ(Explain().pause->reason, "drill");
}

TEST_F(SourceExplanationTest, WhatIsHeldIsToldWithItsReason) {
  auto jails = std::make_shared<JailSet>(*Jails(1));
  jails->at("jail").max_ban_rate = 1;
  Replace(jails);
  for (const char* source : {"203.0.113.40", kAttacker}) {
    loop_->ReportFailures(
        ReportOf("mx1", {"jail",
                         "log",
                         {{IpNetwork::ParseOrDie(source), clock_.TimeNow(),
                           ++next_offset_, "x"}}}),
        [](const absl::StatusOr<uint64_t>& end) { ASSERT_TRUE(end.ok()); });
    loop_->RunTurn();
  }
  const JailVerdict verdict = VerdictOn();
  ASSERT_TRUE(verdict.held.has_value());
  EXPECT_THAT(verdict.held->hold_reason, testing::HasSubstr("maxbanrate"));
}

}  // namespace
}  // namespace mxban
