// What systemd itself says of the units. Needs no systemd that runs.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

struct Unit {
  const char* daemon;
  double exposure;  // As docs/hardening.md states it: 0 is best, 10 worst.
};

class UnitsTest : public testing::TestWithParam<Unit> {
 protected:
  UnitsTest() {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_) << absl::StrReplaceAll(
        Text(), {{absl::StrCat("/usr/sbin/", GetParam().daemon), "/bin/true"}});
  }

  static std::string Text() {
    std::ifstream file(
        absl::StrCat("deploy/systemd/", GetParam().daemon, ".service"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::string folder_ = testing::TempDir() + "/units";
  // Where the programs need not be installed.
  const std::string path_ =
      absl::StrCat(folder_, "/", GetParam().daemon, ".service");
};

TEST_P(UnitsTest, IsUnderstood) {
  const ProgramOutput output =
      RunProgram("systemd-analyze verify --man=no " + path_);
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.text, "") << "every line is known, every group exists";
}

TEST_P(UnitsTest, LeavesNoMoreThanIsStated) {
  const ProgramOutput output =
      RunProgram("systemd-analyze security --offline=true " + path_);
  const std::string label =
      absl::StrCat("level for ", GetParam().daemon, ".service: ");
  const size_t start = output.text.find(label);
  ASSERT_NE(start, std::string::npos) << output.text;
  double exposure = 10;
  ASSERT_TRUE(
      absl::SimpleAtod(output.text.substr(start + label.size(), 3), &exposure));
  EXPECT_LE(exposure, GetParam().exposure) << output.text;
}

TEST_P(UnitsTest, StartsTheDaemonAndKeepsItsSecrets) {
  EXPECT_THAT(Text(), HasSubstr(absl::StrCat("ExecStart=/usr/sbin/",
                                             GetParam().daemon, " ")));
  for (const char* line : {"\nType=notify\n", "\nUMask=0077\n",
                           "\nLimitCORE=0\n", "\nNoNewPrivileges=yes\n",
                           "\nProtectSystem=strict\n", "\nRestart=always\n"}) {
    EXPECT_THAT(Text(), HasSubstr(line));
  }
  EXPECT_THAT(Text(), AnyOf(HasSubstr("\nStateDirectoryMode=0700\n"),
                            HasSubstr("/install -d -m 0700 ")));
}

INSTANTIATE_TEST_SUITE_P(
    Daemons, UnitsTest,
    testing::Values(Unit{"mxban-coordinator", 1.2}, Unit{"mxban-agent", 2.7}),
    [](const auto& test) {
      return absl::StrReplaceAll(test.param.daemon, {{"-", "_"}});
    });

TEST(SysusersTest, TheUsersOfTheUnitsAreMade) {
  const std::string root = testing::TempDir() + "/sysusers";
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root + "/etc");
  const ProgramOutput output =
      RunProgram(absl::StrCat("systemd-sysusers --root=", root,
                              " $PWD/deploy/systemd/*.sysusers && cat ", root,
                              "/etc/passwd ", root, "/etc/group"));
  EXPECT_EQ(output.exit_code, 0) << output.text;
  for (const char* user : {"\nmxban:x:", "\nmxban-agent:x:"}) {
    EXPECT_THAT("\n" + output.text, HasSubstr(user));
  }
}

}  // namespace
}  // namespace mxban
