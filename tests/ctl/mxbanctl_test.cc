// The program itself, as an operator runs it: exit codes, and which of its
// words go where.

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

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

using ::testing::HasSubstr;
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

TEST_F(MxbanctlTest, ARefusalIsOneWithTheCoordinatorsMessage) {
  const Outcome not_found = Run("unban 192.0.2.9");
  EXPECT_EQ(not_found.exit_code, 1);
  EXPECT_EQ(not_found.out, "");
  EXPECT_EQ(not_found.err, "mxbanctl: 192.0.2.9 is not banned\n");

  coordinator().next_error = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                                          "jail.local:3: no\nsuch \x1b[2J");
  const Outcome refused = Run("reload");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "mxbanctl: jail.local:3: no\\nsuch \\x1b[2J\n");
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
  ExpectFitsTheTerminal(Run("ban --help").out);
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
