#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_WORLD_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_WORLD_H_

// A coordinator, a few servers, the people who attack them, and the truth about
// it all. One process, one thread, one seed: the same world every time.
//
// Real are the logs, the store, and every class of agent and coordinator that
// decides anything, up to the encoded messages between them. Simulated are time
// (Agenda), the network (Link), the kernel (FakeFirewall), and what the threads
// of both daemons do: call these classes when there is something to do.
//
// Identical runs need identical names of logs but for the inode's number, which
// only orders logs: runs differ where it grows by a digit.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/ban_table.h"
#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/coordinator.h"
#include "tests/cluster/simulation/random.h"
#include "tests/cluster/simulation/server.h"
#include "tests/cluster/simulation/truth.h"

namespace mxban::simulation {

class World {
 public:
  // Everything is up, nobody has attacked. `directory` is this world's own. For
  // `saves_names` see Server.
  World(uint64_t seed, const Limits& limits, const std::string& directory,
        bool saves_names);

  // Somebody's login fails on `server`. A torn line ends later.
  void Attack(int server, bool is_torn = false);

  // Somebody logs in rightly there.
  void LogIn(int server);

  // Something else happens there.
  void Chat(int server);

  // What operators do.
  void Impose();
  void Pardon();
  void Reload(const Limits& limits);

  void KillCoordinator();

  // Ends every fault, then lets time pass until nothing is under way. Complains
  // if that takes for ever.
  void Settle();

  // Complains of whatever differs from the truth. REQUIRES: settled.
  void Compare();

  // What was wrong so far.
  const std::vector<std::string>& complaints() const { return complaints_; }

  Agenda& agenda() { return agenda_; }
  Random& random() { return random_; }
  Truth& truth() { return truth_; }
  SimulatedCoordinator& coordinator() { return coordinator_; }
  int server_count() const { return static_cast<int>(servers_.size()); }
  Server& server(int i) { return *servers_[i]; }

 private:
  JailSet JailsWith(const Limits& limits, uint16_t port) const;
  void Complain(const std::string& what);
  void Heal();
  // Empty if nothing is under way.
  std::string UnderWay();
  void CompareFailures();
  void CompareLogins();
  void CompareBans();
  void CompareKernel(int server);
  void CompareRegistry();

  Random random_;
  Agenda agenda_;
  Truth truth_;
  const std::vector<Suspect> suspects_;
  SimulatedCoordinator coordinator_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::string> complaints_;
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_WORLD_H_
