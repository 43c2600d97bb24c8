#ifndef MXBAN_TESTS_SYSTEM_FLEET_LAB_H_
#define MXBAN_TESTS_SYSTEM_FLEET_LAB_H_

// A real fleet: the programs as they are shipped, each server in a network
// namespace of its own, the real kernel, the how-to's own files.

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/system/eventually.h"
#include "tests/system/network_lab.h"

namespace mxban {

inline constexpr char kHowToAttacker[] = "119.129.227.125";
inline constexpr char kCustomer[] = "198.51.100.7";
inline constexpr char kCoordinator[] = "192.0.2.1";

class FleetTest : public testing::Test {
 protected:
  FleetTest() {
    lab_.AddHost("coordinator", {kCoordinator});
    lab_.AddHost("outside", {kCustomer, "203.0.113.30"});
    // The how-to's attacker has an address of the real world.
    lab_.MustShell("outside", absl::StrCat("ip address add ", kHowToAttacker,
                                           "/32 dev lo"));
    for (const std::string& server : kServers) {
      AddServer(server, {25, 80, 465, 587});
    }
    std::filesystem::copy("tests/corpus/seed", folder() + "/config",
                          std::filesystem::copy_options::recursive);
  }

  // A host of the fleet that answers on `ports`.
  void AddServer(const std::string& server,
                 const std::vector<uint16_t>& ports) {
    lab_.AddHost(server, {AddressOf(server)});
    if (!ports.empty()) lab_.Listen(server, ports);
    lab_.MustShell(server, absl::StrCat("ip route add ", kHowToAttacker,
                                        "/32 via ", kCustomer));
    std::ofstream(LogOf(server));
  }

  // 192.0.2.11 for mx1, and so on.
  static std::string AddressOf(const std::string& server) {
    return absl::StrCat("192.0.2.1", server.substr(2));
  }

  const std::string& folder() const { return lab_.folder(); }
  std::string LogOf(const std::string& name) const {
    return absl::StrCat(folder(), "/", name, ".mail.log");
  }
  std::string OutputOf(const std::string& name) const {
    return absl::StrCat(folder(), "/", name, ".out");
  }

  void StartCoordinator(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {
        "coordinator/mxban-coordinator",
        absl::StrCat("--config_dir=", folder(), "/config"),
        absl::StrCat("--state_dir=", folder(), "/state"),
        absl::StrCat("--agent_listen=", kCoordinator, ":7460"),
        absl::StrCat("--admin_listen=unix:", folder(), "/admin.sock")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    coordinator_ =
        lab_.Start("coordinator", arguments, OutputOf("coordinator"));
    ASSERT_TRUE(Eventually([this] { return Ctl("status").exit_code == 0; }))
        << ReadFile(OutputOf("coordinator"));
  }

  pid_t StartAgent(const std::string& server,
                   const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {
        "agent/mxban-agent",
        absl::StrCat("--coordinators=", kCoordinator, ":7460"),
        absl::StrCat("--server_name=", server),
        absl::StrCat("--state_dir=", folder(), "/", server),
        absl::StrCat("--log=sendmail=", LogOf(server)),
        "--firewall=ipset"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return lab_.Start(server, arguments, OutputOf(server));
  }

  void StartFleet() {
    StartCoordinator({"--insecure"});
    for (const std::string& server : kServers) {
      agents_[server] = StartAgent(server, {"--insecure"});
    }
    ASSERT_TRUE(AwaitCurrent(kServers.size())) << Ctl("agents").text;
  }

  // Whether so many agents come to enforce the newest revision.
  bool AwaitCurrent(size_t agents) {
    return Eventually([&] {
      return Ctl("status --json")
                 .text.find(absl::StrCat("\"current_agent_count\":", agents)) !=
             std::string::npos;
    });
  }

  NetworkLab::Output Ctl(const std::string& command) {
    return lab_.Shell("coordinator",
                      absl::StrCat("ctl/mxbanctl --endpoint=unix:", folder(),
                                   "/admin.sock ", command));
  }

  // The how-to's one line, as sendmail would write it at `time`.
  void Attack(const std::string& server, absl::Time time,
              const std::string& source = kHowToAttacker) {
    std::ofstream(LogOf(server), std::ios::app)
        << absl::FormatTime("%b %e %H:%M:%S", time, absl::LocalTimeZone())
        << " server sm-mta[1195]: o0LNaCc5001195: [" << source
        << "]: possible SMTP attack: command=AUTH, count=5\n";
  }

  NetworkLab::Outcome Connect(const std::string& source,
                              const std::string& server, uint16_t port) {
    return lab_.TryConnect("outside", source, AddressOf(server), port);
  }

  bool AwaitRefused(const std::string& source, const std::string& server,
                    absl::Duration patience = kPatience) {
    return Eventually(
        [&] {
          return Connect(source, server, 25) == NetworkLab::Outcome::kRefused;
        },
        patience);
  }

  const std::vector<std::string> kServers = {"mx1", "mx2"};
  NetworkLab lab_;
  pid_t coordinator_ = 0;
  std::map<std::string, pid_t> agents_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_FLEET_LAB_H_
