// The program itself, as an operator runs it: exit codes, and which of its
// words go where.

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/ctl/admin_server.h"
#include "tests/ctl/samples.h"

namespace mxban::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class MxbanctlTest : public testing::Test {
 protected:
  struct Outcome {
    int exit_code;
    std::string out;
    std::string err;
  };

  // Runs `mxbanctl arguments` in a shell, asking our server.
  Outcome Run(const std::string& arguments) {
    const std::string out = server_.folder() + "/out";
    const std::string err = server_.folder() + "/err";
    const std::string command =
        absl::StrCat("(MXBAN_ENDPOINT=", server_.endpoint(), " ctl/mxbanctl ",
                     arguments, ") >", out, " 2>", err);
    const int status = system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status)) << command;
    return {WEXITSTATUS(status), ReadFile(out), ReadFile(err)};
  }

  // The same on a terminal, where somebody types `answer`; both streams are
  // `out`.
  Outcome RunOnTerminal(const std::string& arguments,
                        const std::string& answer) {
    int terminal;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) {
      const std::string command =
          absl::StrCat("MXBAN_ENDPOINT=", server_.endpoint(),
                       " exec ctl/mxbanctl ", arguments);
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    EXPECT_GT(child, 0);
    const std::string line = answer + "\n";
    EXPECT_EQ(write(terminal, line.data(), line.size()),
              static_cast<ssize_t>(line.size()));
    Outcome outcome;
    char bytes[4096];
    ssize_t size;
    while ((size = read(terminal, bytes, sizeof(bytes))) > 0) {
      outcome.out.append(bytes, size);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    close(terminal);
    outcome.exit_code = WEXITSTATUS(status);
    return outcome;
  }

  static std::string ReadFile(const std::string& path) {
    std::ostringstream contents;
    contents << std::ifstream(path).rdbuf();
    return contents.str();
  }

  FakeAdminService& coordinator() { return server_.service(); }

  AdminServer server_;
};

TEST_F(MxbanctlTest, SuccessIsZeroAndSilentOnStderr) {
  coordinator().bans = {CountedBan()};
  const Outcome bans = Run("bans --json");
  EXPECT_EQ(bans.exit_code, 0);
  EXPECT_EQ(bans.err, "");
  EXPECT_EQ(FromJson<v1::BanStatus>(bans.out).ban().source(), "192.0.2.1");
}

TEST_F(MxbanctlTest, EverySubcommandReachesTheCoordinator) {
  coordinator().bans = {CountedBan()};
  EXPECT_THAT(Run("status").out, StartsWith("coordinator"));
  EXPECT_THAT(Run("bans").out, HasSubstr("1 ban stands"));
  EXPECT_THAT(Run("ban 192.0.2.9 --jail ssh --for ever").out,
              StartsWith("banned 192.0.2.9 in ssh, for ever"));
  EXPECT_THAT(Run("unban 192.0.2.9").out,
              StartsWith("pardoned 192.0.2.9 in ssh"));
  EXPECT_THAT(Run("agents").out, StartsWith("no agents"));
  EXPECT_THAT(Run("jails").out, StartsWith("no jails"));
  EXPECT_THAT(Run("reload").out, StartsWith("reloaded, no jails"));
  EXPECT_THAT(Run("watch").out, HasSubstr("watching"));
}

TEST_F(MxbanctlTest, TheRailsReachTheCoordinator) {
  EXPECT_THAT(Run("allow add 192.0.2.9").out, StartsWith("allowed 192.0.2.9"));
  EXPECT_THAT(Run("allow remove 192.0.2.9").out,
              StartsWith("no longer allowed: 192.0.2.9"));
  EXPECT_THAT(Run("allow list").out, StartsWith("the allow list is empty"));
  EXPECT_THAT(Run("held list").out, StartsWith("no bans are held"));
  EXPECT_THAT(Run("held release 192.0.2.9").out, StartsWith("banned "));
  EXPECT_THAT(Run("held drop --all --yes").out, StartsWith("dropped"));
  EXPECT_THAT(Run("undo --since 10m --yes").out, StartsWith("pardoned "));
  EXPECT_THAT(Run("pause --reason drill --yes").out, StartsWith("paused on "));
  EXPECT_THAT(Run("resume --yes").out, StartsWith("resumed on "));
  EXPECT_THAT(coordinator().rail_calls,
              ElementsAre("release", "drop", "undo", "pause", "resume"));
}

TEST_F(MxbanctlTest, WithoutATerminalWhatTouchesManyNeedsYes) {
  for (const char* command : {"pause --reason drill", "resume",
                              "undo --since 10m", "held release --all"}) {
    const Outcome outcome = Run(absl::StrCat(command, " </dev/null"));
    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err,
              "mxbanctl: this touches many sources, and there is no terminal "
              "to ask on: say --yes if it is meant\n");
  }
  EXPECT_THAT(coordinator().rail_calls, IsEmpty());
}

TEST_F(MxbanctlTest, ATerminalIsAsked) {
  coordinator().reach.set_server_count(312);
  coordinator().reach.set_source_count(20'000);
  const Outcome refused = RunOnTerminal("pause --reason drill", "no");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out,
              HasSubstr("This stops enforcement on 312 servers; 20,000 banned "
                        "sources come through."));
  EXPECT_THAT(refused.out, HasSubstr("Type yes to go on: "));
  EXPECT_THAT(refused.out, HasSubstr("not confirmed; nothing was done"));
  EXPECT_THAT(coordinator().rail_calls, ElementsAre("pause?"));
  const Outcome done = RunOnTerminal("pause --reason drill", "yes");
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.out, HasSubstr("paused on 312 servers; 20,000 banned "
                                  "sources come through"));
  EXPECT_THAT(coordinator().rail_calls,
              ElementsAre("pause?", "pause?", "pause"));
}

TEST_F(MxbanctlTest, ARefusalIsOneWithTheCoordinatorsMessage) {
  const Outcome not_found = Run("unban 192.0.2.9");
  EXPECT_EQ(not_found.exit_code, 1);
  EXPECT_EQ(not_found.out, "");
  EXPECT_EQ(not_found.err, "mxbanctl: 192.0.2.9 is not banned\n");

  coordinator().next_error = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                                          "jail.local:3: no\nsuch \x1b[2J");
  const Outcome refused = Run("reload");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "mxbanctl: jail.local:3: no\n  such \\x1b[2J\n");
}

TEST_F(MxbanctlTest, ACoordinatorThatCannotStoreSpeaksForItself) {
  coordinator().next_error =
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "the disk is full");
  const Outcome outcome = Run("ban 192.0.2.9 --jail ssh");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "mxbanctl: the disk is full\n");
}

TEST_F(MxbanctlTest, AnAbsentCoordinatorIsOneLineThatSaysWhatToDo) {
  server_.Stop();
  for (const char* command : {"status", "watch", "bans --json"}) {
    const Outcome outcome = Run(command);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err,
                StartsWith("mxbanctl: cannot reach the coordinator at " +
                           server_.endpoint() + ": "));
    EXPECT_THAT(outcome.err, HasSubstr("may you read its socket?"));
    EXPECT_THAT(Lines(outcome.err), SizeIs(1));
  }
}

TEST_F(MxbanctlTest, ASilentCoordinatorIsGivenUpOn) {
  coordinator().silent = true;
  const Outcome outcome = Run("status --timeout 1");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("within 1 s; try a longer --timeout"));
}

TEST_F(MxbanctlTest, WrongUsageIsTwoAndOneLine) {
  for (const char* arguments :
       {"", "frobnicate", "ban", "ban 192.0.2.1 --jail ssh --for soon",
        "status --endpoint mx.example.org:7461",
        "status --tls_cert /nonexistent"}) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_THAT(outcome.err, StartsWith("mxbanctl: ")) << arguments;
    EXPECT_THAT(Lines(outcome.err), SizeIs(1)) << arguments;
  }
}

TEST_F(MxbanctlTest, HelpAndVersionAreZeroAndOnStdout) {
  const Outcome help = Run("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("Usage: mxbanctl"));
  ExpectFitsTheTerminal(help.out);
  for (const char* command : {"ban", "top", "import list", "import fail2ban",
                              "import crowdsec", "held release", "audit"}) {
    ExpectFitsTheTerminal(Run(absl::StrCat(command, " --help")).out);
  }
  const Outcome version = Run("--version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, StartsWith("mxbanctl "));
}

TEST_F(MxbanctlTest, OutputOnAFullDiskIsAFailure) {
  const Outcome outcome = Run("status >/dev/full");
  EXPECT_EQ(outcome.exit_code, 1);
}

TEST_F(MxbanctlTest, AReaderWhoHasSeenEnoughEndsItQuietly) {
  coordinator().bans.assign(3'000, CountedBan());
  const Outcome outcome = Run("bans --json | head -1");
  EXPECT_THAT(Lines(outcome.out), SizeIs(1));
  EXPECT_EQ(outcome.err, "");
}

}  // namespace
}  // namespace mxban::ctl
