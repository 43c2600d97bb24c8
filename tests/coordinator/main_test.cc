// The program as an operator meets it, without a network.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/coordinator/damaged_store.h"
#include "tests/support/run_program.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ProgramOutput RunCoordinator(const std::string& arguments) {
  return RunProgram("coordinator/mxban-coordinator " + arguments);
}

TEST(CoordinatorMainTest, TheHowTosFilesAreRead) {
  const ProgramOutput output =
      RunCoordinator("--config_dir=tests/corpus/seed --check_config");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.text, HasSubstr("[sendmail]"));
  EXPECT_THAT(output.text, HasSubstr("tcp ports 587,465,25"));
}

struct BadFile {
  const char* name;
  const char* jail;
  const char* filter;
  const char* complaint;  // After the configuration directory.
};

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefusedWithFileLineAndReason) {
  const std::string directory =
      absl::StrCat(testing::TempDir(), "/", GetParam().name);
  std::filesystem::create_directories(directory + "/filter.d");
  std::ofstream(directory + "/jail.local")
      << "[sendmail]\nenabled = true\nfilter = sendmail\n"
         "logpath = /var/log/mail.log\n"
      << GetParam().jail;
  std::ofstream(directory + "/filter.d/sendmail.conf") << "[Definition]\n"
                                                       << GetParam().filter;

  const ProgramOutput checked =
      RunCoordinator(absl::StrCat("--check_config --config_dir=", directory));
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.text, StartsWith("mxban-coordinator: "));
  EXPECT_THAT(checked.text,
              HasSubstr(absl::StrCat(directory, "/", GetParam().complaint)));

  // Starting says the same.
  const ProgramOutput started = RunCoordinator(absl::StrCat(
      "--config_dir=", directory, " --state_dir=", directory,
      "/state --agent_listen=127.0.0.1:0 --http_listen= --admin_listen=unix:",
      directory, "/admin.sock"));
  EXPECT_EQ(started.exit_code, 1);
  EXPECT_EQ(started.text, checked.text);
}

constexpr char kGoodAction[] =
    "action = iptables-multiport[name=a, port=smtp]\n";
constexpr char kGoodFilter[] = "failregex = \\[<HOST>\\]: attack\n";

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadFileTest,
    testing::Values(BadFile{"unknown_key",
                            "maxretyr = 3\naction = iptables-multiport\n",
                            kGoodFilter, "jail.local:5: "},
                    BadFile{"bad_regex", kGoodAction, "failregex = (<HOST>\n",
                            "filter.d/sendmail.conf:2: "},
                    BadFile{"no_host", kGoodAction, "failregex = attack\n",
                            "filter.d/sendmail.conf:2: "},
                    BadFile{"unknown_port",
                            "action = iptables-multiport[name=a, port=smpt]\n",
                            kGoodFilter, "jail.local:5: "},
                    BadFile{"bad_duration",
                            "action = iptables-multiport[name=a, port=smtp]\n"
                            "bantime = soon\n",
                            kGoodFilter, "jail.local:6: "}),
    [](const auto& test) { return test.param.name; });

TEST(CoordinatorMainTest, AMissingFilterIsNamed) {
  const std::string directory = testing::TempDir() + "/missing_filter";
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/jail.local")
      << "[sendmail]\nenabled = true\nfilter = sendmial\n"
         "logpath = /var/log/mail.log\n"
         "action = iptables-multiport[name=a, port=smtp]\n";
  const ProgramOutput output =
      RunCoordinator(absl::StrCat("--check_config --config_dir=", directory));
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.text, HasSubstr("jail.local:3: "));
  EXPECT_THAT(output.text, HasSubstr("sendmial"));
}

TEST(CoordinatorMainTest, SaysItsVersionAndItsFlags) {
  EXPECT_THAT(RunCoordinator("--version").text,
              StartsWith("mxban-coordinator "));
  EXPECT_THAT(RunCoordinator("--help").text, HasSubstr("--config_dir"));
}

TEST(CoordinatorMainTest, PlainTextBeyondLoopbackIsRefused) {
  const ProgramOutput output = RunCoordinator(absl::StrCat(
      "--config_dir=tests/corpus/seed --agent_listen=0.0.0.0:0 --http_listen= "
      "--state_dir=",
      testing::TempDir(), "/plain --admin_listen=unix:", testing::TempDir(),
      "/plain.sock"));
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.text, HasSubstr("or say --insecure"));
}

// A coordinator whose store is damaged while it runs ends by itself, and the
// next one sets the store aside.
TEST(CoordinatorMainTest, ALostStoreEndsItAndIsSetAside) {
  char path[] = "/tmp/mxban-lost-XXXXXX";  // A socket's is at most 107 long.
  const std::string directory = mkdtemp(path);
  const std::string store = directory + "/state/bans.db";
  std::filesystem::create_directories(directory + "/state");
  WriteStore(store, 20'000);
  const std::string start = absl::StrCat(
      "coordinator/mxban-coordinator --config_dir=tests/corpus/seed "
      "--agent_listen=127.0.0.1:0 --http_listen= --state_dir=",
      directory, "/state --admin_listen=unix:", directory,
      "/admin.sock & pid=$!; until [ -S ", directory,
      "/admin.sock ]; do kill -0 $pid || exit; done; ");
  const ProgramOutput lost = RunProgram(absl::StrCat(
      "( ", start, "head -c 8000000 /dev/zero | dd of=", store,
      " bs=4096 seek=1 conv=notrunc status=none; "
      "while kill -HUP $pid 2>/dev/null; do :; done; wait $pid )"));
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.text,
              HasSubstr("mxban-coordinator: store: database disk image is "
                        "malformed; the next start sets it aside\n"));

  const ProgramOutput next = RunProgram(absl::StrCat(
      "( rm ", directory, "/admin.sock; ", start, "kill $pid; wait $pid )"));
  EXPECT_EQ(next.exit_code, 0);
  EXPECT_THAT(next.text, HasSubstr("set aside as " + store + ".corrupt-"));
  std::filesystem::remove_all(directory);
}

TEST(CoordinatorMainTest, ArgumentsThatAreNoFlagsAreAUsageError) {
  EXPECT_EQ(RunCoordinator("start").exit_code, 2);
}

}  // namespace
}  // namespace mxban
