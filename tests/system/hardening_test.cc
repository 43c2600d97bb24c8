// What the daemons leave to others, and what is left to them: under the
// restrictions of their units, on a real kernel.

#include <elf.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "tests/system/fleet_lab.h"

namespace mxban {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The capabilities of mxban-enforcer: CAP_NET_ADMIN and CAP_NET_RAW.
constexpr char kFirewallCapabilities[] = "0000000000003000";
constexpr char kNone[] = "0000000000000000";

class HardeningTest : public FleetTest {
 protected:
  // What `/proc/PID/status` says of `field`.
  static std::string StatusOf(pid_t pid, const std::string& field) {
    const std::string status = ReadFile(absl::StrCat("/proc/", pid, "/status"));
    for (const absl::string_view line : absl::StrSplit(status, '\n')) {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(line, absl::MaxSplits(":\t", 1));
      if (parts.first == field) return std::string(parts.second);
    }
    return "";
  }

  pid_t EnforcingHalfOf(pid_t agent) {
    const std::string child =
        lab_.MustShell("coordinator", absl::StrCat("pgrep -P ", agent));
    return std::stoi(child);
  }

  // Files and directories in `directory`, and itself, that others may touch.
  static std::vector<std::string> OpenToOthers(const std::string& directory) {
    std::vector<std::string> open;
    const auto look = [&](const std::string& path) {
      struct stat status;
      if (lstat(path.c_str(), &status) != 0) return;
      if ((status.st_mode & 077) != 0) {
        open.push_back(
            absl::StrFormat("%s %04o", path, status.st_mode & 07777));
      }
    };
    look(directory);
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      look(file.path());
    }
    return open;
  }

  // A directory as a service manager makes it for `user`.
  std::string MakeDirectory(const std::string& name, uid_t user) {
    const std::string path = absl::StrCat(folder(), "/", name);
    std::filesystem::create_directory(path);
    EXPECT_EQ(chmod(path.c_str(), 0700), 0);
    EXPECT_EQ(chown(path.c_str(), user, user), 0);
    return path;
  }

  static std::string UnitOf(const std::string& daemon) {
    return absl::StrCat("deploy/systemd/", daemon, ".service");
  }
};

TEST_F(HardeningTest, StateIsForItsOwnerAlone) {
  // As an earlier version, or somebody's umask, has left it.
  for (const char* name : {"state", "mx1"}) {
    const std::string path = absl::StrCat(folder(), "/", name);
    std::filesystem::create_directory(path);
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  }
  const std::string positions = folder() + "/mx1/positions";
  std::ofstream(positions).close();
  ASSERT_EQ(chmod(positions.c_str(), 0644), 0);
  ASSERT_EQ(lchown((folder() + "/mx1").c_str(), 65534, 65534), 0);
  ASSERT_EQ(lchown(positions.c_str(), 65534, 65534), 0);
  StartFleet();
  Attack("mx1", absl::Now());
  ASSERT_TRUE(AwaitRefused(kHowToAttacker, "mx2"));
  ASSERT_TRUE(Eventually([&] {
    return !ReadFile(positions).empty() &&
           !ReadFile(folder() + "/state/audit.jsonl").empty();
  }));
  for (const char* name : {"state", "mx1", "mx2"}) {
    EXPECT_THAT(OpenToOthers(absl::StrCat(folder(), "/", name)), IsEmpty());
  }
  for (const char* file : {"bans.db", "bans.db-wal", "audit.jsonl"}) {
    EXPECT_TRUE(
        std::filesystem::exists(absl::StrCat(folder(), "/state/", file)))
        << file;
  }
  EXPECT_THAT(ReadFile(OutputOf("coordinator")),
              HasSubstr("/state was open to others: mode 0755 is now 0700"));
  EXPECT_THAT(ReadFile(OutputOf("mx1")),
              HasSubstr("/positions was open to others: mode 0644 is now"));
}

TEST_F(HardeningTest, ProgramsMayBeLoadedAnywhere) {
  for (const char* program :
       {"agent/mxban-agent", "coordinator/mxban-coordinator", "ctl/mxbanctl"}) {
    Elf64_Ehdr header{};
    std::ifstream(program, std::ios::binary)
        .read(reinterpret_cast<char*>(&header), sizeof(header));
    EXPECT_EQ(header.e_type, ET_DYN) << program;
  }
}

TEST_F(HardeningTest, NoMemoryEndsInACoreDump) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
  StartFleet();
  const pid_t agent = agents_["mx1"];
  const pid_t half = EnforcingHalfOf(agent);
  for (const pid_t pid : {coordinator_, agent, half}) {
    EXPECT_THAT(ReadFile(absl::StrCat("/proc/", pid, "/limits")),
                HasSubstr("Max core file size        0                    0"))
        << StatusOf(pid, "Name");
  }
  // What belongs to root although its process is not root's is not dumpable.
  struct stat status;
  ASSERT_EQ(stat(absl::StrCat("/proc/", agent, "/maps").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0);
  EXPECT_FALSE(WCOREDUMP(lab_.Stop(agent, SIGABRT)));
  EXPECT_FALSE(WCOREDUMP(lab_.Stop(coordinator_, SIGABRT)));
}

TEST_F(HardeningTest, DaemonsDoTheirWorkUnderTheirUnits) {
  const passwd* const nobody = getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  ASSERT_EQ(chmod(folder().c_str(), 0755), 0);
  const std::string state = MakeDirectory("state", nobody->pw_uid);
  const std::string run = MakeDirectory("run", nobody->pw_uid);
  // Where we were built is not for nobody to see.
  const std::string program = folder() + "/mxban-coordinator";
  std::filesystem::copy_file("coordinator/mxban-coordinator", program);
  coordinator_ = lab_.Start(
      "coordinator",
      {"tests/system/under_unit", UnitOf("mxban-coordinator"),
       state + "," + run, program, "--config_dir=" + folder() + "/config",
       "--state_dir=" + state,
       absl::StrCat("--agent_listen=", kCoordinator, ":7460"),
       "--admin_listen=unix:" + run + "/admin.sock", "--insecure"},
      OutputOf("coordinator"));
  std::filesystem::create_symlink(run + "/admin.sock",
                                  folder() + "/admin.sock");
  ASSERT_TRUE(Eventually([this] { return Ctl("status").exit_code == 0; }))
      << ReadFile(OutputOf("coordinator"));

  // Made by root, who hands it over at the first start.
  const std::string agent_state = MakeDirectory("mx1", 0);
  lab_.MustShell("mx1", "touch \"$XTABLES_LOCKFILE\"");
  const pid_t agent = lab_.Start(
      "mx1",
      {"tests/system/under_unit", UnitOf("mxban-agent"), agent_state,
       "agent/mxban-agent",
       absl::StrCat("--coordinators=", kCoordinator, ":7460"),
       "--server_name=mx1", "--state_dir=" + agent_state,
       "--log=sendmail=" + LogOf("mx1"), "--firewall=ipset", "--insecure"},
      OutputOf("mx1"));
  ASSERT_TRUE(AwaitCurrent(1)) << ReadFile(OutputOf("mx1"));

  // A real ban, from a real line.
  Attack("mx1", absl::Now());
  EXPECT_TRUE(AwaitRefused(kHowToAttacker, "mx1")) << ReadFile(OutputOf("mx1"));
  EXPECT_EQ(Connect(kCustomer, "mx1", 25), NetworkLab::Outcome::kConnected);
  EXPECT_EQ(Ctl("reload").exit_code, 0);

  const pid_t half = EnforcingHalfOf(agent);
  EXPECT_EQ(StatusOf(half, "CapEff"), kFirewallCapabilities);
  EXPECT_EQ(StatusOf(agent, "CapEff"), kNone);
  EXPECT_EQ(StatusOf(coordinator_, "CapBnd"), kNone);
  const std::string user = absl::StrCat(nobody->pw_uid);
  for (const pid_t pid : {agent, coordinator_}) {
    const std::vector<std::string> users =
        absl::StrSplit(StatusOf(pid, "Uid"), '\t');
    EXPECT_THAT(users, ElementsAre(user, user, user, user));
  }
  for (const pid_t pid : {agent, half, coordinator_}) {
    EXPECT_EQ(StatusOf(pid, "NoNewPrivs"), "1");
    EXPECT_EQ(StatusOf(pid, "Seccomp"), "2") << "calls are filtered";
  }
  EXPECT_THAT(OpenToOthers(state), IsEmpty());
  EXPECT_THAT(OpenToOthers(agent_state), IsEmpty());
}

}  // namespace
}  // namespace mxban
