// Every command against a real gRPC server with a made-up cluster behind it.

#include "ctl/commands.h"

#include "ctl/color.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/command_fixture.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using CommandsTest = CommandTest;

v1::GetStatusResponse SampleStatus() {
  return FromText<v1::GetStatusResponse>(R"pb(
    version: "0.1.0"
    start_time { seconds: 1699989200 }
    history_id: "4f2a"
    revision: 42
    jail_count: 2
    ban_count: 14
    tracked_source_count: 57
    agent_count: 3
    connected_agent_count: 3
    current_agent_count: 2
    failure_count: 1234)pb");
}

TEST_F(CommandsTest, StatusAnswersWhatAnOperatorAsksFirst) {
  coordinator().status = SampleStatus();
  ASSERT_TRUE(ShowStatus(People()).ok());
  EXPECT_EQ(Output(),
            "coordinator  0.1.0, started 3 h ago\n"
            "jails        2 jails in force\n"
            "bans         14 bans stand, revision 42\n"
            "agents       3 of 3 connected, 1 behind\n"
            "failures     1,234 failures counted since the start\n"
            "sources      57 sources with failures that still count\n"
            "history      4f2a\n");
}

TEST_F(CommandsTest, StatusSaysThatTheStoreWasDamaged) {
  coordinator().status = SampleStatus();
  coordinator().status.set_store_salvage("store: malformed; set aside");
  ASSERT_TRUE(ShowStatus(People()).ok());
  EXPECT_THAT(Output(),
              HasSubstr("\nstore        store: malformed; set aside\n"));
}

TEST_F(CommandsTest, StatusSaysLoudlyThatNothingIsEnforced) {
  coordinator().status = SampleStatus();
  v1::Pause& pause = *coordinator().status.mutable_pause();
  pause.set_who("anna");
  pause.set_reason("the partner is banned\x1b[2J");
  pause.mutable_start_time()->set_seconds(kNowSeconds - 300);
  coordinator().status.set_held_ban_count(1'200);
  ASSERT_TRUE(ShowStatus(People()).ok());
  EXPECT_THAT(Output(),
              StartsWith("PAUSED       NOTHING IS ENFORCED, since 5 min ago, "
                         "by anna: the partner is b"));
  EXPECT_THAT(Output(),
              HasSubstr("\nheld         1,200 bans wait for an operator; see "
                        "mxbanctl held list\n"));
}

TEST_F(CommandsTest, BansOfADryRunStandNowhere) {
  coordinator().bans = {CountedBan(), OperatorBan()};
  coordinator().jails = {SendmailJail()};
  coordinator().jails[0].mutable_jail()->set_dry_run(true);
  ASSERT_EQ(CountedBan().ban().jail(), "sendmail-auth");
  ASSERT_TRUE(ListBans(People(), "").ok());
  EXPECT_THAT(Lines(Output())[1], HasSubstr("dry run"));
  EXPECT_THAT(Output(), HasSubstr("enforced"));
}

TEST_F(CommandsTest, JailsShowTheirRails) {
  coordinator().jails = {SendmailJail()};
  v1::Jail& jail = *coordinator().jails[0].mutable_jail();
  jail.set_dry_run(true);
  jail.set_min_servers(2);
  jail.set_max_ban_rate(500);
  ASSERT_TRUE(ListJails(People()).ok());
  EXPECT_THAT(Output(), HasSubstr("\n    dry run; 2 servers at least; at most "
                                  "500 bans a minute; follows"));
}

TEST_F(CommandsTest, StatusCountsGoodSenders) {
  coordinator().status = SampleStatus();
  coordinator().status.set_good_sender_count(1);
  ASSERT_TRUE(ShowStatus(People()).ok());
  EXPECT_THAT(Output(), HasSubstr("\ngood         1 source with a right login "
                                  "lately\n"));
}

TEST_F(CommandsTest, StatusOfAnEmptyClusterIsSaidInWords) {
  ASSERT_TRUE(ShowStatus(People()).ok());
  EXPECT_THAT(Output(), HasSubstr("no bans stand"));
  EXPECT_THAT(Output(), HasSubstr("none seen since the start"));
}

TEST_F(CommandsTest, StatusInJsonIsTheCoordinatorsAnswer) {
  coordinator().status = SampleStatus();
  ASSERT_TRUE(ShowStatus(Programs()).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::GetStatusResponse>(JsonLines()[0]).DebugString(),
            SampleStatus().DebugString());
}

TEST_F(CommandsTest, BansShowWhereTheyStandAndWhy) {
  coordinator().bans = {CountedBan(), OperatorBan()};
  ASSERT_TRUE(ListBans(People(), "").ok());
  EXPECT_EQ(
      Output(),
      "SOURCE                   JAIL           ENDS           SERVERS\n"
      "192.0.2.1                sendmail-auth  in 7 h 58 min  enforced 3/3, 4 "
      "ms\n"
      "    2 min ago, 5 failures in 10 min, on mx1, mx2\n"
      "2001:db8:1234:5678::/64  ssh            never          enforced 2/3\n"
      "    1 d ago, banned 2 times before, by an operator: spam wave\n"
      "2 bans stand\n");
}

TEST_F(CommandsTest, ABanByOneServerSaysSo) {
  v1::BanStatus local = CountedBan();
  local.mutable_ban()->set_origin(v1::BAN_ORIGIN_LOCAL);
  local.mutable_ban()->mutable_servers()->RemoveLast();
  coordinator().bans = {local};
  ASSERT_TRUE(ListBans(People(), "").ok());
  EXPECT_THAT(Output(),
              HasSubstr("2 min ago, 5 failures in 10 min, on mx1 alone\n"));
}

TEST_F(CommandsTest, BansOfOneJailLeaveOutTheOthers) {
  coordinator().bans = {CountedBan(), OperatorBan()};
  ASSERT_TRUE(ListBans(People(), "ssh").ok());
  EXPECT_THAT(Lines(Output()), SizeIs(4));
  EXPECT_THAT(Output(), HasSubstr("\n1 ban stands in jail ssh\n"));
}

TEST_F(CommandsTest, AnEmptyListOfBansIsSaidInWords) {
  ASSERT_TRUE(ListBans(People(), "").ok());
  EXPECT_EQ(Output(), "no bans stand\n");
}

TEST_F(CommandsTest, AMonstrousBanFitsAndIsHarmless) {
  coordinator().bans = {MonstrousBan()};
  ASSERT_TRUE(ListBans(People(), MonstrousBan().ban().jail()).ok());
  EXPECT_THAT(Output(), HasSubstr("enforced 9999/10000, 4 ms"));
  EXPECT_THAT(Output(), HasSubstr("in 7 h 58 min"));
  EXPECT_THAT(Output(), HasSubstr("\\x1b]0;owned\\x07\\n"));
}

TEST_F(CommandsTest, BansInJsonAreOneObjectPerLine) {
  coordinator().bans = {CountedBan(), OperatorBan(), MonstrousBan()};
  coordinator().max_page_size = 2;
  ASSERT_TRUE(ListBans(Programs(), "").ok());
  ASSERT_THAT(JsonLines(), SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(FromJson<v1::BanStatus>(JsonLines()[i]).DebugString(),
              coordinator().bans[i].DebugString());
  }
}

TEST_F(CommandsTest, JsonHasTheNamesOfTheContractAndEveryDefault) {
  coordinator().bans = {OperatorBan()};
  ASSERT_TRUE(ListBans(Programs(), "").ok());
  EXPECT_THAT(out_.str(), HasSubstr("\"failure_count\":0"));
  EXPECT_THAT(out_.str(), HasSubstr("\"evidence\":[]"));
}

TEST_F(CommandsTest, AnEmptyListInJsonIsEmpty) {
  ASSERT_TRUE(ListBans(Programs(), "").ok());
  ASSERT_TRUE(ListAgents(Programs(), "").ok());
  ASSERT_TRUE(ListJails(Programs()).ok());
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(CommandsTest, ABanSaysUntilWhen) {
  v1::ImposeBanRequest request;
  request.set_jail("ssh");
  request.set_source("192.0.2.7");
  // The fake counts from 1970.
  request.mutable_duration()->set_seconds(kNowSeconds + 8 * 3600);
  ASSERT_TRUE(ImposeBan(People(), request).ok());
  EXPECT_EQ(Output(), "banned 192.0.2.7 in ssh, ends in 8 h\n");
  EXPECT_EQ(coordinator().imposed.DebugString(), request.DebugString());
}

TEST_F(CommandsTest, APermanentBanIsForEver) {
  v1::ImposeBanRequest request;
  request.set_jail("ssh");
  request.set_source("192.0.2.7");
  request.set_permanent(true);
  ASSERT_TRUE(ImposeBan(People(), request).ok());
  EXPECT_EQ(Output(), "banned 192.0.2.7 in ssh, for ever\n");
}

TEST_F(CommandsTest, ABanInJsonIsTheBan) {
  v1::ImposeBanRequest request;
  request.set_source("192.0.2.7");
  request.set_reason("spam");
  ASSERT_TRUE(ImposeBan(Programs(), request).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::Ban>(JsonLines()[0]).reason(), "spam");
}

TEST_F(CommandsTest, ARefusedBanIsTheCoordinatorsError) {
  coordinator().next_error =
      grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                   "192.0.2.7 is on the allow list of jail ssh");
  const absl::Status status = ImposeBan(People(), v1::ImposeBanRequest());
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(status.message(), "192.0.2.7 is on the allow list of jail ssh");
  EXPECT_EQ(Output(), "");
}

TEST_F(CommandsTest, APardonNamesEveryBanThatEnded) {
  coordinator().bans = {CountedBan(), CountedBan()};
  coordinator().bans[1].mutable_ban()->set_jail("ssh");
  v1::PardonBanRequest request;
  request.set_source("192.0.2.1");
  ASSERT_TRUE(PardonBan(People(), request).ok());
  EXPECT_EQ(Output(),
            "pardoned 192.0.2.1 in sendmail-auth\n"
            "pardoned 192.0.2.1 in ssh\n");
}

TEST_F(CommandsTest, APardonInJsonIsOneBanPerLine) {
  coordinator().bans = {CountedBan()};
  v1::PardonBanRequest request;
  request.set_source("192.0.2.1");
  ASSERT_TRUE(PardonBan(Programs(), request).ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::Ban>(JsonLines()[0]).DebugString(),
            CountedBan().ban().DebugString());
}

TEST_F(CommandsTest, PardoningWhatIsNotBannedIsNotFound) {
  v1::PardonBanRequest request;
  request.set_source("192.0.2.1");
  EXPECT_TRUE(absl::IsNotFound(PardonBan(People(), request)));
}

TEST_F(CommandsTest, AgentsShowWhoIsBehindAndWhy) {
  coordinator().status.set_revision(42);
  coordinator().agents = {ConnectedAgent(), TroubledAgent()};
  ASSERT_TRUE(ListAgents(People(), "").ok());
  EXPECT_EQ(Output(), R"(
SERVER           STATE      BANS      HEARD    FAILURES  FIREWALL  VERSION
mx1.example.org  connected  current   2 s ago  1,234     ipset     0.1.0
mx2.example.org  away       2 behind  1 h ago  0         iptables  0.1.0
    cannot enforce, tables held by another: xtables lock held by pid 411\x1b[2J
)" + 1);
}

TEST_F(CommandsTest, NoAgentsAreSaidInWords) {
  ASSERT_TRUE(ListAgents(People(), "").ok());
  EXPECT_EQ(Output(), "no agents were seen since the coordinator started\n");
}

TEST_F(CommandsTest, AgentsWithLongNamesFit) {
  coordinator().agents = {ConnectedAgent()};
  coordinator().agents[0].set_server_name(std::string(200, 'm'));
  coordinator().agents[0].set_agent_version(std::string(200, '1'));
  coordinator().agents[0].set_firewall("\x1b[2J");
  ASSERT_TRUE(ListAgents(People(), "").ok());
  EXPECT_THAT(Output(), HasSubstr("mmm..."));
}

TEST_F(CommandsTest, AgentsInJsonGoThroughEveryPage) {
  coordinator().agents.assign(5, ConnectedAgent());
  coordinator().max_page_size = 2;
  ASSERT_TRUE(ListAgents(Programs(), "").ok());
  ASSERT_THAT(JsonLines(), SizeIs(5));
  EXPECT_EQ(FromJson<v1::AgentStatus>(JsonLines()[4]).DebugString(),
            ConnectedAgent().DebugString());
}

TEST_F(CommandsTest, JailsShowTheirLimitsAndLogs) {
  coordinator().jails = {SendmailJail(), SendmailJail()};
  v1::Jail& strict = *coordinator().jails[1].mutable_jail();
  strict.set_name("strict");
  strict.set_max_retry(1);
  strict.clear_ban_time();
  strict.clear_log_paths();
  strict.mutable_enforcement()->mutable_ports(2)->set_last(30);
  ASSERT_TRUE(ListJails(People()).ok());
  EXPECT_EQ(Output(), R"(
JAIL           BANNED AT             FOR       PORTS          BANS  FAILURES
sendmail-auth  5 failures in 10 min  8 h       587,465,25     14    1,234
    follows /var/log/maillog
strict         1 failure             for ever  587,465,25-30  14    1,234
)" + 1);
}

TEST_F(CommandsTest, NoJailsAreSaidInWords) {
  ASSERT_TRUE(ListJails(People()).ok());
  EXPECT_EQ(Output(), "no jails are in force\n");
}

TEST_F(CommandsTest, JailsInJsonAreOneObjectPerLine) {
  coordinator().jails = {SendmailJail(), SendmailJail()};
  coordinator().max_page_size = 1;
  ASSERT_TRUE(ListJails(Programs()).ok());
  ASSERT_THAT(JsonLines(), SizeIs(2));
  EXPECT_EQ(FromJson<v1::JailStatus>(JsonLines()[1]).DebugString(),
            SendmailJail().DebugString());
}

TEST_F(CommandsTest, AReloadSaysWhatIsInForceNow) {
  coordinator().jails = {SendmailJail()};
  ASSERT_TRUE(ReloadJails(People()).ok());
  EXPECT_EQ(Output(), "reloaded, 1 jail in force\n");
}

TEST_F(CommandsTest, AReloadInJsonIsTheCoordinatorsAnswer) {
  coordinator().jails = {SendmailJail()};
  ASSERT_TRUE(ReloadJails(Programs()).ok());
  EXPECT_EQ(out_.str(), "{\"jail_count\":1}\n");
}

TEST_F(CommandsTest, OneAgentMayBeAskedFor) {
  coordinator().agents = {FromText<v1::AgentStatus>("server_name: 'mx1'"),
                          FromText<v1::AgentStatus>("server_name: 'mx2'")};
  coordinator().max_page_size = 1;
  ASSERT_TRUE(ListAgents(Programs(), "mx2").ok());
  ASSERT_THAT(JsonLines(), SizeIs(1));
  EXPECT_EQ(FromJson<v1::AgentStatus>(JsonLines()[0]).server_name(), "mx2");
  EXPECT_TRUE(absl::IsNotFound(ListAgents(People(), "mx3")));
}

TEST_F(CommandsTest, AListInCsvNamesItsCellsOnce) {
  coordinator().bans = {CountedBan(), OperatorBan()};
  coordinator().max_page_size = 1;
  Session session = People();
  session.format = OutputFormat::kCsv;
  ASSERT_TRUE(ListBans(session, "").ok());
  const std::vector<std::string> lines = Lines(out_.str());
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], StartsWith("ban.jail,ban.source,"));
  EXPECT_THAT(lines[1], StartsWith("sendmail-auth,192.0.2.1,"));
  EXPECT_THAT(lines[2], StartsWith("ssh,2001:db8:1234:5678::/64,"));
}

TEST_F(CommandsTest, ColorsMarkWhatIsNotAsItShouldBe) {
  UseColor(out_);
  coordinator().agents = {
      FromText<v1::AgentStatus>("server_name: 'mx1' connected: true"),
      FromText<v1::AgentStatus>("server_name: 'mx2'")};
  ASSERT_TRUE(ListAgents(People(), "").ok());
  EXPECT_THAT(out_.str(), HasSubstr("\033[1mSERVER\033[0m"));
  EXPECT_THAT(out_.str(), HasSubstr("mx1     connected"));
  EXPECT_THAT(out_.str(), HasSubstr("mx2     \033[31maway\033[0m"));
}

}  // namespace
}  // namespace mxban::ctl
