#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_H_

// A coordinator without threads: the real store, decision loop, ban table,
// registry and feed, of which a turn is made when the agenda says so. What it
// promises is told to the Truth.
//
// It dies as a killed process does: at any moment, leaving only its file.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ban.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_feed.h"
#include "coordinator/ban_store.h"
#include "coordinator/ban_table.h"
#include "coordinator/decision_loop.h"
#include "coordinator/failure_report.h"
#include "tests/cluster/simulation/agenda.h"
#include "tests/cluster/simulation/random.h"
#include "tests/cluster/simulation/truth.h"

namespace mxban::simulation {

class SimulatedCoordinator {
 public:
  // How far the log is recorded.
  using ReportDone = std::function<void(absl::StatusOr<uint64_t>)>;

  // All must outlive the coordinator, which keeps its store in `directory`.
  SimulatedCoordinator(Agenda& agenda, Random& random, Truth& truth,
                       std::string directory);

  // Starts with these jails; later starts with those in force. Does not come up
  // while the disk is full.
  void Start(const JailSet& jails);
  void Start() { Start(jails_); }
  void Die() { running_.reset(); }
  bool is_up() const { return running_ != nullptr; }

  // Nothing can be stored.
  void SetDiskFull(bool is_full) { is_disk_full_ = is_full; }

  // Called after every turn: to pump what is new.
  void SetTurnCallback(std::function<void()> on_turn) {
    on_turn_ = std::move(on_turn);
  }

  // What agents and operators ask for. REQUIRES: is_up(), also in the next.
  void Report(int server, std::shared_ptr<FailureReport> report,
              ReportDone done);
  void HandOver(int server, std::vector<Ban> bans,
                DecisionLoop::HandOverDone done);
  void Impose(const IpNetwork& source, absl::Duration duration);
  void Pardon(const IpNetwork& source);
  void Reload(const JailSet& jails, const Limits& limits);

  BanTable& table() { return running_->table; }
  BanFeed& feed() { return *running_->feed; }
  AgentRegistry& registry() { return *running_->registry; }
  StoreContents Stored();

 private:
  class Store;

  // A process.
  struct Running {
    std::unique_ptr<BanStore> store;
    BanTable table;
    std::unique_ptr<DecisionLoop> loop;
    std::unique_ptr<AgentRegistry> registry;
    std::unique_ptr<BanFeed> feed;
    bool has_work = false;  // A turn is planned for it.
    absl::Time planned_expiry = absl::InfiniteFuture();
    ~Running();
  };

  void PlanTurn();
  void RunTurn();
  void PlanExpiry();

  Agenda& agenda_;
  Random& random_;
  Truth& truth_;
  const std::string directory_;
  std::function<void()> on_turn_;
  bool is_disk_full_ = false;
  JailSet jails_;
  // Decided in the turn that runs; in force after it.
  std::optional<std::pair<JailSet, Limits>> new_jails_;
  std::shared_ptr<Running> running_;  // Null: dead.
};

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_COORDINATOR_H_
