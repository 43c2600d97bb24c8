#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_H_

// A mail server: its log, its kernel, its link, and its agent, which comes and
// goes. Drives an AgentCore as Agent's threads do, but when the agenda says so.
//
// What changes nothing is not simulated: a thread that would look once a second
// looks soon after something happened, and then rarely.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/agent_core.h"
#include "common/ip_network.h"
#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/coordinator.h"
#include "tests/cluster/simulation/link.h"
#include "tests/cluster/simulation/random.h"
#include "tests/cluster/simulation/server_log.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban::simulation {

class Server {
 public:
  // After so long an agent has looked at what was written.
  static constexpr absl::Duration kLongestPoll = absl::Milliseconds(100);

  struct Options {
    int number = 0;
    std::string directory;  // Exists.
    std::vector<IpNetwork> never_ban;
    size_t outbox_capacity = 0;
    size_t small_journal = 0;
    // Saves as soon as a log has a new name, as every agent does but in its
    // worst second. One that never saved a log's name does not recognise a copy
    // of it.
    bool saves_names = false;
    // Somebody did what nobody may do.
    std::function<void(const std::string& what)> complain;
  };

  // All must outlive the server.
  Server(Agenda& agenda, Random& random, SimulatedCoordinator& coordinator,
         Options options);
  ~Server();

  // The agent starts from what it saved last. Complains if it does not know
  // what it was told, or does not enforce it at once.
  void Start();

  // The agent is killed.
  void Die();
  bool is_up() const { return core_ != nullptr; }

  // The power fails: the agent dies, the kernel's rules are gone, and some of
  // what was written last may never have reached the disk.
  void LosePower();

  // The log has changed.
  void OnLogWritten();

  // The agent saves what it does once a second.
  void Save();

  // Somebody changed the kernel's rules, and the agent looks.
  void FlushKernel();
  void FailKernelOnce();

  // Nothing waits to be sent, and the kernel enforces what was said last.
  bool is_settled() const;

  FirewallState StateOfKernel();

  const std::vector<IpNetwork>& never_ban() const { return options_.never_ban; }
  // By how much the server's clock is ahead from now on.
  void SetClock(absl::Duration error);

  const Clock& clock() const { return clock_; }
  ServerLog& log() { return log_; }
  const ServerLog& log() const { return log_; }
  Link& link() { return link_; }

 private:
  // What an agent knew when it died.
  struct Memory {
    std::pair<std::string, uint64_t> held;  // History and revision.
    bool is_enforced = false;
    FirewallState kernel;
  };

  void PlanPoll(absl::Duration delay);
  void PlanLook();
  void PlanStep(absl::Duration delay);
  void PlanUpkeep();
  absl::Duration Uptime() const;
  void Poll();
  void Step();
  void Remember();
  void CheckMemory();

  Agenda& agenda_;
  Random& random_;
  const Options options_;
  ServerClock clock_;
  ServerLog log_;
  FakeFirewall kernel_;
  Link link_;
  std::shared_ptr<AgentCore> core_;  // Null: no agent runs.
  std::optional<Memory> memory_;
  bool is_poll_planned_ = false;  // Soon.
  bool is_step_planned_ = false;  // Soon.
  bool is_look_planned_ = false;
  bool is_upkeep_planned_ = false;
  std::set<std::string> known_names_;  // Of logs.
  uint64_t handed_over_revision_ = 0;
  uint64_t polls_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_SERVER_H_
