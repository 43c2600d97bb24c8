// The program as an operator meets it, without a network.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/run_program.h"

namespace mxban {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ProgramOutput RunAgent(const std::string& arguments) {
  return RunProgram("agent/mxban-agent " + arguments);
}

TEST(AgentMainTest, SaysItsVersionAndItsFlags) {
  EXPECT_THAT(RunAgent("--version").text, StartsWith("mxban-agent "));
  EXPECT_THAT(RunAgent("--help").text, HasSubstr("--never_ban"));
  EXPECT_THAT(RunAgent("--help").text, HasSubstr("--log_level"));
}

struct Mistake {
  const char* arguments;
  int exit_code;
  const char* complaint;
};

class MistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsSaid) {
  const ProgramOutput output =
      RunAgent(std::string("--firewall=none ") + GetParam().arguments);
  EXPECT_EQ(output.exit_code, GetParam().exit_code);
  EXPECT_THAT(output.text, HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Flags, MistakeTest,
    testing::Values(Mistake{"start", 2, "takes flags only"},
                    Mistake{"", 1, "--coordinators: name at least one"},
                    Mistake{"--coordinators=192.0.2.1:7460 --state_dir=/tmp", 1,
                            "or say --insecure"},
                    Mistake{"--coordinators=127.0.0.1:1 --state_dir=/proc/none",
                            1, "--state_dir: cannot make /proc/none"},
                    Mistake{"--coordinators=127.0.0.1:1 --state_dir=/tmp "
                            "--never_ban=everyone",
                            1, "--never_ban: 'everyone' is not an IP address"},
                    Mistake{"--coordinators=127.0.0.1:1 --user=nosuch", 1,
                            "--user: there is no user nosuch"},
                    Mistake{"--coordinators=127.0.0.1:1 --firewall=pf", 1,
                            "--firewall: no firewall \"pf\"; there are auto"},
                    Mistake{"--coordinators=127.0.0.1:1 --log=nojail", 1,
                            "'nojail' is not JAIL=PATH"},
                    Mistake{"--coordinators=127.0.0.1:1 --log_level=loud", 1,
                            "--log_level: 'loud'"}));

}  // namespace
}  // namespace mxban
