// The program as an operator meets it, without a network.

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

TEST(CoordinatorMainTest, ArgumentsThatAreNoFlagsAreAUsageError) {
  EXPECT_EQ(RunCoordinator("start").exit_code, 2);
}

}  // namespace
}  // namespace mxban
