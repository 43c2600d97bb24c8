// explain and audit, against a real gRPC server with a made-up answer.

#include "ctl/commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

v1::ExplainSourceResponse NotBanned() {
  return FromText<v1::ExplainSourceResponse>(R"pb(
    source: "203.0.113.7"
    verdicts {
      jail: "sendmail-auth"
      summary: "203.0.113.7 is not banned: in jail sendmail-auth 2 of 5 failures within 10m, on mx1 and mx3"
      counted_source: "203.0.113.7"
      failures {
        failure_time { seconds: 1699999880 }
        server_name: "mx1"
        evidence: "Nov 14 22:11:20 mx1 sendmail[123]: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): \\x1b[2J, relay=[203.0.113.7]"
      }
      failures {
        failure_time { seconds: 1699999940 }
        server_name: "mx3"
        user: "bob"
        is_forgiven: true
      }
      failure_count: 2
      server_count: 2
      max_retry: 5
      find_time { seconds: 600 }
      min_servers: 1
      previous_ban_count: 2
      next_ban_time { seconds: 28800 }
    })pb");
}

v1::ExplainSourceResponse Banned() {
  v1::ExplainSourceResponse explanation = NotBanned();
  v1::JailVerdict& verdict = *explanation.add_verdicts();
  verdict.set_jail("ssh");
  verdict.set_summary("203.0.113.7 is banned with all of 203.0.113.0/24");
  verdict.set_counted_source("203.0.113.7");
  *verdict.add_bans() = CountedBan();
  *verdict.add_enforcing_servers() =
      FromText<v1::JailVerdict::EnforcingServer>(R"pb(
        server_name: "mx1"
        start_time { seconds: 1699999881 })pb");
  verdict.add_enforcing_servers()->set_server_name("mx2");
  verdict.add_missing_servers("mx3");
  return explanation;
}

class InquiriesTest : public CommandTest {
 protected:
  // What people are told of `explanation`.
  std::string Explain(const v1::ExplainSourceResponse& explanation) {
    server_.service().explanation = explanation;
    v1::ExplainSourceRequest request;
    request.set_source("203.0.113.7");
    EXPECT_TRUE(ExplainSource(People(), request).ok());
    EXPECT_EQ(server_.service().explained.source(), "203.0.113.7");
    return out_.str();
  }
};

TEST_F(InquiriesTest, TheFirstLineIsTheVerdictAndTheRestFits) {
  const std::string text = Explain(NotBanned());
  const size_t first = text.find('\n');
  EXPECT_EQ(text.substr(0, first), NotBanned().verdicts(0).summary());
  ExpectFitsTheTerminal(text.substr(first));
  EXPECT_EQ(text.substr(first),
            "\n"
            "\n"
            "jail sendmail-auth\n"
            "  failures     2 of 5 within 10 min\n"
            "    2023-11-14 22:11:20 on mx1\n"
            "      Nov 14 22:11:20 mx1 sendmail[123]: AUTH failure (LOGIN): "
            "authentication\n"
            "      failure (-13) SASL(-13): \\x1b[2J, relay=[203.0.113.7]\n"
            "    2023-11-14 22:12:20 on mx3, user bob, forgiven: that user has "
            "logged in from\n"
            "    there\n"
            "  next ban     for 8 h\n"
            "  earlier bans 2\n");
}

TEST_F(InquiriesTest, ABanWeighsMoreThanFailures) {
  const std::string text = Explain(Banned());
  EXPECT_THAT(text, StartsWith("203.0.113.7 is banned with all of"));
  EXPECT_THAT(text, HasSubstr("  verdict      203.0.113.7 is not banned: in "
                              "jail sendmail-auth 2 of 5 failures\n"
                              "               within 10m, on mx1 and mx3\n"));
  EXPECT_THAT(text, HasSubstr("  banned       192.0.2.1 2 min ago, 5 failures "
                              "in 10 min, on mx1, mx2, ends in 7\n"
                              "               h 58 min\n"));
  EXPECT_THAT(text, HasSubstr("  evidence     Aug  7 sendmail[1]: "
                              "\\x1b[2J\n"));
  EXPECT_THAT(text, HasSubstr("  servers      enforced 3/3, 4 ms\n"
                              "  enforced by  mx1 since 2023-11-14 22:11:21, "
                              "mx2\n"
                              "  not yet by   mx3\n"));
  EXPECT_THAT(text, HasSubstr("  next ban     for ever\n"));
}

TEST_F(InquiriesTest, WhatIsNeverBannedOrUnknownIsSaidInWords) {
  v1::ExplainSourceResponse explanation;
  explanation.set_source("127.0.0.1");
  EXPECT_EQ(Explain(explanation),
            "127.0.0.1 is not banned: no jail knows anything of it\n");
  out_.str("");
  explanation.set_allowed_by("no remote host has an address of 127.0.0.0/8");
  EXPECT_EQ(Explain(explanation),
            "127.0.0.1 is never banned: no remote host has an address of "
            "127.0.0.0/8\n");
}

TEST_F(InquiriesTest, APauseAndAHeldBanAreTold) {
  v1::ExplainSourceResponse explanation = NotBanned();
  v1::HeldBan& held = *explanation.mutable_verdicts(0)->mutable_held();
  *held.mutable_ban() = CountedBan().ban();
  held.set_hold_reason("more than 10 bans a minute");
  explanation.mutable_pause()->set_who("ann");
  explanation.mutable_pause()->set_reason("too much");
  explanation.mutable_pause()->mutable_start_time()->set_seconds(kNowSeconds -
                                                                 60);
  const std::string text = Explain(explanation);
  EXPECT_THAT(text, HasSubstr("  held         more than 10 bans a minute: "
                              "192.0.2.1 2 min ago,"));
  EXPECT_THAT(text, HasSubstr("\npaused 1 min ago by ann: too much\n"));
}

TEST_F(InquiriesTest, NothingReachesTheTerminalRaw) {
  v1::ExplainSourceResponse explanation = Banned();
  for (v1::JailVerdict& verdict : *explanation.mutable_verdicts()) {
    verdict.set_jail("j\x1b]0;owned\x07");
    verdict.set_summary("s\x1b[2J");
    verdict.set_ignored_by("i\x1b[2J");
    verdict.add_missing_servers("m\x1b[2J");
  }
  explanation.mutable_verdicts(0)->mutable_failures(0)->set_evidence(
      "e\x1b[2J\n");
  const std::string text = Explain(explanation);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("e\\x1b[2J\\n"));
}

TEST_F(InquiriesTest, ExplainInJsonIsTheCoordinatorsAnswer) {
  server_.service().explanation = Banned();
  ASSERT_TRUE(ExplainSource(Programs(), v1::ExplainSourceRequest()).ok());
  ASSERT_THAT(Lines(out_.str()), SizeIs(1));
  EXPECT_EQ(FromJson<v1::ExplainSourceResponse>(out_.str()).DebugString(),
            Banned().DebugString());
}

std::vector<v1::AuditRecord> SomeRecords() {
  return {FromText<v1::AuditRecord>(R"pb(
            id: 2
            record_time { seconds: 1699999940 }
            who: "ann"
            action: "unban"
            jail: "sendmail-auth"
            source: "203.0.113.7")pb"),
          FromText<v1::AuditRecord>(R"pb(
            id: 1
            record_time { seconds: 1699999880 }
            who: "mxban"
            action: "ban"
            jail: "sendmail-auth"
            source: "203.0.113.7"
            reason: "5 failures within 10m")pb")};
}

TEST_F(InquiriesTest, TheAuditLogIsATable) {
  server_.service().records = SomeRecords();
  server_.service().max_page_size = 1;
  v1::ListAuditRecordsRequest request;
  request.set_source("203.0.113.7");
  ASSERT_TRUE(ListAuditRecords(People(), request, absl::Hours(24)).ok());
  ExpectFitsTheTerminal(out_.str());
  EXPECT_EQ(out_.str(),
            "TIME                 WHO  WHAT   SOURCE       JAIL\n"
            "2023-11-14 22:12:20  ann  unban  203.0.113.7  sendmail-auth\n"
            "2023-11-14 22:11:20  mxban  ban    203.0.113.7  sendmail-auth\n"
            "    5 failures within 10m\n");
  EXPECT_EQ(server_.service().audited.source(), "203.0.113.7");
  EXPECT_EQ(server_.service().audited.since().seconds(), kNowSeconds - 86'400);
}

TEST_F(InquiriesTest, TheAuditLogIsAnObjectALineForPrograms) {
  server_.service().records = SomeRecords();
  ASSERT_TRUE(ListAuditRecords(Programs(), {}, absl::InfiniteDuration()).ok());
  EXPECT_FALSE(server_.service().audited.has_since());
  ASSERT_THAT(Lines(out_.str()), SizeIs(2));
  EXPECT_EQ(FromJson<v1::AuditRecord>(Lines(out_.str())[0]).who(), "ann");
}

TEST_F(InquiriesTest, AnEmptyAuditLogIsSaidInWords) {
  ASSERT_TRUE(ListAuditRecords(People(), {}, absl::InfiniteDuration()).ok());
  EXPECT_EQ(out_.str(), "no records\n");
}

}  // namespace
}  // namespace mxban::ctl
