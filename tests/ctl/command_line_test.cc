#include "ctl/command_line.h"

#include <stdlib.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mxban::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mxbanctl");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLineTest, EverySubcommandIsKnown) {
  const std::vector<std::pair<std::vector<const char*>, Command>> cases = {
      {{"status"}, Command::kStatus},
      {{"bans"}, Command::kBans},
      {{"ban", "192.0.2.1", "--jail", "ssh"}, Command::kBan},
      {{"unban", "192.0.2.1"}, Command::kUnban},
      {{"agents"}, Command::kAgents},
      {{"jails"}, Command::kJails},
      {{"watch"}, Command::kWatch},
      {{"reload"}, Command::kReload},
      {{"explain", "192.0.2.1"}, Command::kExplain},
      {{"audit"}, Command::kAudit},
      {{"token", "alice"}, Command::kToken},
      {{"pause", "--reason", "r"}, Command::kPause},
      {{"resume"}, Command::kResume},
      {{"undo", "--since", "10m"}, Command::kUndo},
      {{"allow", "add", "192.0.2.1"}, Command::kAllowAdd},
      {{"allow", "remove", "192.0.2.1"}, Command::kAllowRemove},
      {{"allow", "list"}, Command::kAllowList},
      {{"held", "list"}, Command::kHeldList},
      {{"held", "release", "--all"}, Command::kHeldRelease},
      {{"top"}, Command::kTop},
      {{"import", "list", "-"}, Command::kImport},
      {{"import", "fail2ban"}, Command::kImport},
      {{"import", "crowdsec", "-", "--jail", "j"}, Command::kImport},
      {{"export"}, Command::kExport},
      {{"held", "drop", "192.0.2.1"}, Command::kHeldDrop},
  };
  for (const auto& [arguments, command] : cases) {
    const auto line = Parse(arguments);
    ASSERT_TRUE(line.ok()) << arguments[0] << ": " << line.status();
    EXPECT_EQ(line->command, command) << arguments[0];
  }
}

TEST(CommandLineTest, TheDefaultsAreALocalCoordinatorAndTenSeconds) {
  const auto line = Parse({"status"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->endpoint, "unix:/run/mxban/admin.sock");
  EXPECT_EQ(line->timeout, absl::Seconds(10));
  EXPECT_EQ(line->format, OutputFormat::kTable);
  EXPECT_FALSE(line->insecure);
}

TEST(CommandLineTest, GlobalOptionsMayStandBeforeAndAfterTheSubcommand) {
  for (const auto& line :
       {Parse({"--json", "--endpoint", "mx:7461", "--timeout", "1m", "bans"}),
        Parse({"bans", "--json", "--endpoint=mx:7461", "--timeout=1m"})}) {
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->format, OutputFormat::kJson);
    EXPECT_EQ(line->endpoint, "mx:7461");
    EXPECT_EQ(line->timeout, absl::Minutes(1));
  }
}

TEST(CommandLineTest, TheEndpointMayComeFromTheEnvironment) {
  setenv("MXBAN_ENDPOINT", "mx:7461", 1);
  const auto line = Parse({"status"});
  const auto overridden = Parse({"status", "--endpoint", "localhost:1"});
  unsetenv("MXBAN_ENDPOINT");
  ASSERT_TRUE(line.ok() && overridden.ok());
  EXPECT_EQ(line->endpoint, "mx:7461");
  EXPECT_EQ(overridden->endpoint, "localhost:1");
}

TEST(CommandLineTest, APathIsAUnixSocket) {
  const auto line = Parse({"status", "--endpoint", "/tmp/admin.sock"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->endpoint, "unix:/tmp/admin.sock");
}

TEST(CommandLineTest, TlsNeedsThreeFiles) {
  const auto line = Parse({"status", "--tls_cert", "a", "--tls_key", "b",
                           "--tls_ca", "c", "--insecure"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->tls.cert, "a");
  EXPECT_EQ(line->tls.key, "b");
  EXPECT_EQ(line->tls.ca, "c");
  EXPECT_TRUE(line->insecure);
}

TEST(CommandLineTest, ATokenIsReadFromAFileThatTheEnvironmentMayName) {
  setenv("MXBAN_TOKEN_FILE", "/from/environment", 1);
  const auto line = Parse({"status"});
  const auto overridden = Parse({"status", "--token_file", "/from/option"});
  unsetenv("MXBAN_TOKEN_FILE");
  ASSERT_TRUE(line.ok() && overridden.ok());
  EXPECT_EQ(line->token_file, "/from/environment");
  EXPECT_EQ(overridden->token_file, "/from/option");
}

TEST(CommandLineTest, ANewTokenHasNameRoleAndExpiry) {
  const auto line =
      Parse({"token", "alice", "--role=operator", "--expires", "2027-01-31"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->token.name, "alice");
  EXPECT_EQ(line->token.role, "operator");
  EXPECT_EQ(line->token.expires, "2027-01-31");
  EXPECT_EQ(Parse({"token", "alice"})->token.role, "viewer");
  EXPECT_FALSE(Parse({"token", "alice", "--role=agent"}).ok());
  EXPECT_FALSE(Parse({"token", "a b"}).ok());
}

TEST(CommandLineTest, ABanHasItsSourceJailTimeAndReason) {
  const auto line = Parse({"ban", "2001:db8::/64", "--jail", "ssh", "--for",
                           "1d12h", "--reason", "spam wave", "--wide"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->ban.source(), "2001:db8::/64");
  EXPECT_EQ(line->ban.jail(), "ssh");
  EXPECT_EQ(line->ban.duration().seconds(), 36 * 3600);
  EXPECT_EQ(line->ban.reason(), "spam wave");
  EXPECT_TRUE(line->ban.wide());
  EXPECT_FALSE(line->ban.permanent());
}

TEST(CommandLineTest, ABanWithoutTimeLastsAsLongAsTheJailSays) {
  const auto line = Parse({"ban", "192.0.2.1", "--jail", "ssh"});
  ASSERT_TRUE(line.ok());
  EXPECT_FALSE(line->ban.has_duration());
  EXPECT_FALSE(line->ban.permanent());
  EXPECT_FALSE(line->ban.wide());
}

TEST(CommandLineTest, ABanForEverHasNoDuration) {
  const auto line =
      Parse({"ban", "192.0.2.1", "--jail", "ssh", "--for", "ever"});
  ASSERT_TRUE(line.ok());
  EXPECT_TRUE(line->ban.permanent());
  EXPECT_FALSE(line->ban.has_duration());
}

TEST(CommandLineTest, APardonIsForAllJailsOrOne) {
  const auto all = Parse({"unban", "192.0.2.1"});
  const auto one = Parse({"unban", "192.0.2.1", "--jail", "ssh"});
  ASSERT_TRUE(all.ok() && one.ok());
  EXPECT_EQ(all->pardon.source(), "192.0.2.1");
  EXPECT_EQ(all->pardon.jail(), "");
  EXPECT_EQ(one->pardon.jail(), "ssh");
}

TEST(CommandLineTest, BansMayBeOfOneJail) {
  const auto line = Parse({"bans", "--jail", "ssh"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->jail, "ssh");
}

TEST(CommandLineTest, WhatIsAskedAboutIsNamed) {
  EXPECT_EQ(Parse({"explain", "192.0.2.1"})->explain.source(), "192.0.2.1");
  EXPECT_FALSE(Parse({"explain"}).ok());
  const auto audit = Parse({"audit", "192.0.2.1", "--since", "1d"});
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_EQ(audit->audit.source(), "192.0.2.1");
  EXPECT_EQ(audit->since, absl::Hours(24));
  EXPECT_EQ(Parse({"audit"})->since, absl::InfiniteDuration());
  EXPECT_THAT(
      std::string(Parse({"audit", "--since", "soon"}).status().message()),
      HasSubstr("--since"));
}

TEST(CommandLineTest, TheRailsHaveTheirOptions) {
  const auto undo = Parse({"undo", "--since", "10m", "--jail", "ssh"});
  ASSERT_TRUE(undo.ok()) << undo.status();
  EXPECT_EQ(undo->since, absl::Minutes(10));
  EXPECT_EQ(undo->jail, "ssh");
  const auto add = Parse({"allow", "add", "mx.example.net", "--for", "1d",
                          "--reason", "office", "--json"});
  ASSERT_TRUE(add.ok()) << add.status();
  EXPECT_EQ(add->allow.source(), "mx.example.net");
  EXPECT_EQ(add->allow.duration().seconds(), 86'400);
  EXPECT_EQ(add->allow.reason(), "office");
  EXPECT_EQ(add->format, OutputFormat::kJson);
  const auto release = Parse({"held", "release", "192.0.2.1", "--jail", "ssh"});
  ASSERT_TRUE(release.ok()) << release.status();
  EXPECT_EQ(release->held.source(), "192.0.2.1");
  EXPECT_EQ(release->held.jail(), "ssh");
}

TEST(CommandLineTest, WhatTouchesManyNeedsConsent) {
  const auto needs_consent = [](std::vector<const char*> arguments) {
    const auto line = Parse(std::move(arguments));
    EXPECT_TRUE(line.ok()) << line.status();
    return line->NeedsConsent();
  };
  EXPECT_TRUE(needs_consent({"pause", "--reason", "r"}));
  EXPECT_TRUE(needs_consent({"resume"}));
  EXPECT_TRUE(needs_consent({"undo", "--since", "1h"}));
  EXPECT_TRUE(needs_consent({"held", "release", "--all"}));
  EXPECT_TRUE(needs_consent({"held", "drop", "--jail", "ssh"}));
  EXPECT_FALSE(needs_consent({"held", "drop", "192.0.2.1"}));
  EXPECT_FALSE(needs_consent({"pause", "--reason", "r", "--yes"}));
  EXPECT_FALSE(needs_consent({"held", "release", "--all", "--yes"}));
  EXPECT_FALSE(needs_consent({"allow", "add", "192.0.2.1"}));
  EXPECT_FALSE(needs_consent({"unban", "192.0.2.1"}));
}

TEST(CommandLineTest, WhichHeldBansIsSaidExactly) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{
           {"held", "release"},
           {"held", "drop"},
           {"held", "drop", "--all", "192.0.2.1"},
           {"held", "drop", "--all", "--jail", "ssh"},
           {"held"},
           {"allow"},
           {"allow", "add"},
           {"pause"},
           {"undo"},
           {"undo", "--since", "never"}}) {
    EXPECT_FALSE(Parse(arguments).ok()) << arguments.back();
  }
}

TEST(CommandLineTest, HelpAndVersionAreTextToPrint) {
  const auto help = Parse({"--help"});
  const auto ban_help = Parse({"ban", "--help"});
  const auto version = Parse({"--version"});
  ASSERT_TRUE(help.ok() && ban_help.ok() && version.ok());
  EXPECT_EQ(help->command, Command::kPrint);
  EXPECT_THAT(help->text, HasSubstr("unban"));
  EXPECT_EQ(ban_help->command, Command::kPrint);
  EXPECT_THAT(ban_help->text, HasSubstr("--for"));
  EXPECT_EQ(version->command, Command::kPrint);
  EXPECT_THAT(version->text, testing::StartsWith("mxbanctl "));
}

TEST(CommandLineTest, TheFormatIsSaidOnce) {
  EXPECT_EQ(Parse({"bans"})->format, OutputFormat::kTable);
  EXPECT_EQ(Parse({"bans", "--json"})->format, OutputFormat::kJson);
  EXPECT_EQ(Parse({"bans", "--output", "csv"})->format, OutputFormat::kCsv);
  EXPECT_EQ(Parse({"--output=json", "bans"})->format, OutputFormat::kJson);
  EXPECT_FALSE(Parse({"bans", "--output=xml"}).ok());
  EXPECT_FALSE(Parse({"bans", "--json", "--output=csv"}).ok());
}

TEST(CommandLineTest, TopIsOfTheLastTenMinutesUnlessToldOtherwise) {
  EXPECT_EQ(Parse({"top"})->top.window().seconds(), 600);
  const auto line =
      Parse({"top", "--since", "1h", "--jail", "ssh", "--limit", "3"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->top.window().seconds(), 3'600);
  EXPECT_EQ(line->top.jail(), "ssh");
  EXPECT_EQ(line->top.limit(), 3);
}

TEST(CommandLineTest, AnImportSaysWhatGoesWhere) {
  const auto list = Parse({"import", "list", "bans.txt", "--jail", "ssh",
                           "--for", "ever", "--wide", "--dry_run"});
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->import.kind, ImportRequest::Kind::kList);
  EXPECT_EQ(list->import.path, "bans.txt");
  EXPECT_EQ(list->import.jail, "ssh");
  EXPECT_EQ(list->import.duration, absl::InfiniteDuration());
  EXPECT_TRUE(list->import.wide);
  EXPECT_TRUE(list->import.dry_run);
  const auto fail2ban =
      Parse({"import", "fail2ban", "--jail", "sendmail=sendmail-auth",
             "--jail=sshd=", "--jail", "rest"});
  ASSERT_TRUE(fail2ban.ok()) << fail2ban.status();
  EXPECT_EQ(fail2ban->import.kind, ImportRequest::Kind::kFail2Ban);
  EXPECT_EQ(fail2ban->import.path, "");
  EXPECT_EQ(fail2ban->import.jail, "rest");
  EXPECT_THAT(fail2ban->import.jails,
              ElementsAre(Pair("sendmail", "sendmail-auth"), Pair("sshd", "")));
}

struct WrongCase {
  std::vector<const char*> arguments;
  const char* complaint;
};

TEST(CommandLineTest, WhatIsWrongIsNamedInOneLine) {
  const std::vector<WrongCase> cases = {
      {{}, "subcommand is required"},
      {{"frobnicate"}, "frobnicate"},
      {{"status", "extra"}, "extra"},
      {{"status", "--no_such_option"}, "--no_such_option"},
      {{"ban"}, "SOURCE is required"},
      {{"ban", "192.0.2.1"}, "--jail is required"},
      {{"ban", "192.0.2.1", "--jail"}, "--jail"},
      {{"ban", "192.0.2.1", "--jail", "ssh", "--for", "soon"}, "--for: 'soon'"},
      {{"ban", "192.0.2.1", "--jail", "ssh", "--for", "0"}, "--for: '0'"},
      {{"ban", "192.0.2.1", "--jail", "ssh", "--for=-1"}, "--for: '-1'"},
      {{"ban", "192.0.2.1", "--jail", "ssh", "--for="}, "--for"},
      {{"unban"}, "SOURCE is required"},
      {{"status", "--timeout", "soon"}, "--timeout: 'soon'"},
      {{"status", "bans"}, "bans"},
      {{"top", "--limit", "0"}, "--limit"},
      {{"top", "--since", "0"}, "--since: '0'"},
      {{"import"}, "subcommand is required"},
      {{"import", "list"}, "FILE is required"},
      {{"import", "crowdsec", "-"}, "--jail is required"},
      {{"import", "fail2ban", "--jail", "a", "--jail", "b"}, "'a' or 'b'"},
  };
  for (const WrongCase& test : cases) {
    const auto line = Parse(test.arguments);
    ASSERT_TRUE(absl::IsInvalidArgument(line.status())) << test.complaint;
    const std::string message(line.status().message());
    EXPECT_THAT(message, HasSubstr(test.complaint));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace mxban::ctl
