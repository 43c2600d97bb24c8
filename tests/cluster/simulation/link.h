#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_LINK_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_LINK_H_

// The network between one agent and the coordinator, and the agent's attempts
// to be connected: what agent/coordinator_link does, with faults.
//
// A connection has two ends, which come to know of its end at different times:
// the agent may be back on a new one while the coordinator still holds the old
// one, and what was sent on the old one may arrive after that.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent_core.h"
#include "agent/enforcer.h"
#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/coordinator.h"
#include "tests/cluster/simulation/random.h"

namespace mxban::simulation {

class Link {
 public:
  struct Callbacks {
    // The agent was told something.
    std::function<void()> on_update;
    // Failures are recorded.
    std::function<void()> on_answer;
    // Local bans are the fleet's as of this revision.
    std::function<void(uint64_t revision)> on_handed_over;
    // Whether a coordinator answers.
    std::function<void(bool is_alone)> on_alone;
    // Somebody said what nobody may say.
    std::function<void(const std::string& what)> complain;
  };

  // All must outlive the link.
  Link(Agenda& agenda, Random& random, SimulatedCoordinator& coordinator,
       int server);
  ~Link();

  // An agent lives, and wants a connection from now on. It must be taken away
  // before it dies.
  void SetAgent(AgentCore& core, Callbacks callbacks);
  void TakeAgent();

  // To be called before the coordinator dies.
  void TakeCoordinator();

  void OnFailure();
  void OnTurn();  // Of the coordinator.
  void HandOver();
  void OnReport(const Enforcer::Report& report);

  // Nothing arrives, and nobody is told, until it is healed.
  void Partition();
  void Heal();

  // Every connection breaks.
  void Cut();

 private:
  class Connection;

  void Connect();
  void PlanConnect();

  Agenda& agenda_;
  Random& random_;
  SimulatedCoordinator& coordinator_;
  const int server_;
  AgentCore* core_ = nullptr;
  Callbacks callbacks_;
  bool is_partitioned_ = false;
  bool is_planned_ = false;  // A next attempt.
  absl::Duration pause_;     // Before it.
  absl::Time connected_ = absl::InfiniteFuture();
  // The newest is the agent's; the others have not ended for the coordinator.
  std::vector<std::shared_ptr<Connection>> connections_;
  const std::shared_ptr<int> life_ = std::make_shared<int>();
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_LINK_H_
