#ifndef MXBAN_COORDINATOR_COORDINATOR_H_
#define MXBAN_COORDINATOR_COORDINATOR_H_

// A whole coordinator, built in the order of the life of a ban.
//
// Serves agents and operators on listeners of their own, so that no agent can
// reach the operators' service.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/expiry_watch.h"
#include "common/http_server.h"
#include "common/tls.h"
#include "coordinator/access_upkeep.h"
#include "coordinator/admin_access.h"
#include "coordinator/admin_listeners.h"
#include "coordinator/admin_service.h"
#include "coordinator/agent_quota.h"
#include "coordinator/agent_registry.h"
#include "coordinator/agent_service.h"
#include "coordinator/audit_log.h"
#include "coordinator/audit_record.h"
#include "coordinator/ban_feed.h"
#include "coordinator/ban_table.h"
#include "coordinator/ban_watch.h"
#include "coordinator/bounded_listener.h"
#include "coordinator/coordinator_metrics.h"
#include "coordinator/decision_loop.h"
#include "coordinator/identities.h"
#include "coordinator/jail_updater.h"
#include "coordinator/open_calls.h"
#include "coordinator/open_store.h"
#include "coordinator/store_guard.h"
#include "grpcpp/server.h"

namespace mxban {

class Coordinator {
 public:
  struct Options {
    std::string config_dir = "/etc/mxban";
    std::string state_dir = "/var/lib/mxban";
    std::string audit_log = "audit.jsonl";  // In state_dir; empty: none.
    std::string agent_listen = "0.0.0.0:7460";
    // Separated by commas.
    std::string admin_listen = "unix:/run/mxban/admin.sock";
    std::string admin_group;  // Of the sockets; empty for the process's own.
    std::string http_listen = "127.0.0.1:7462";  // Empty: no HTTP.
    TlsFiles tls;
    std::string roles_file;  // May be empty, as the one below.
    std::string tokens_file;
    bool insecure = false;
    size_t max_sources = 1'000'000;   // Tracked in each jail.
    double agent_quota = 1'000;       // Failures a second; 0: no limit.
    size_t max_connections = 20'000;  // Of agents.
    // Called once, from a thread that must not be blocked, when the store turns
    // out not to be sound: the coordinator is of no more use.
    std::function<void()> on_store_lost = [] {};
  };

  // Serves from here until destruction; `clock` must outlive the coordinator.
  // Errors name what an operator can mend.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Start(
      const Options& options, const Clock& clock);

  // Stops serving, decides what is queued, closes the store.
  ~Coordinator();

  // Reads the configuration again and opens the audit log again, as SIGHUP asks
  // for, all or nothing; returns once it is in force.
  absl::Status Reload();

  // Has `alive` called once the decision loop comes to it.
  void Ask(std::function<void()> alive);

  // DATA_LOSS, and why, once the store is lost.
  absl::Status store_status() const { return store_->status(); }

  int agent_port() const { return agent_port_; }
  int admin_port() const { return admin_listeners_->port(); }

  // See BanFeed.
  uint64_t encoded_snapshots() const { return feed_->encoded_snapshots(); }

 private:
  Coordinator(const Options& options, const Clock& clock);

  absl::Status OpenStore();
  absl::Status StartServices();
  absl::Status StartAuditLog();
  absl::StatusOr<std::vector<AuditRecord>> FetchAudit(uint64_t id,
                                                      size_t limit);
  absl::Status StartServers();
  absl::Status StartAgentServer();
  absl::Status StartHttp();

  const Options options_;
  const Clock& clock_;
  std::string history_id_;
  int agent_port_ = 0;

  // In the order in which each needs the ones before.
  std::optional<Salvage> salvage_;
  std::unique_ptr<StoreGuard> store_;
  std::unique_ptr<Identities> identities_;
  OpenCalls open_calls_;
  std::unique_ptr<ExpiryWatch> expiry_watch_;
  std::unique_ptr<AdminAccess> access_;
  BanTable table_;
  std::unique_ptr<DecisionLoop> loop_;
  std::unique_ptr<AuditLog> audit_log_;  // Null if there is none.
  std::unique_ptr<JailUpdater> updater_;
  std::unique_ptr<AgentRegistry> registry_;
  std::unique_ptr<BanWatch> watch_;
  std::unique_ptr<BanFeed> feed_;
  std::unique_ptr<AgentQuota> quota_;
  std::unique_ptr<AgentService> agent_service_;
  std::unique_ptr<AdminService> admin_service_;
  std::unique_ptr<grpc::Server> agent_server_;
  std::unique_ptr<BoundedListener> agent_listener_;  // None for unix sockets.
  std::unique_ptr<AdminListeners> admin_listeners_;
  std::unique_ptr<AccessUpkeep> upkeep_;
  std::unique_ptr<CoordinatorMetrics> metrics_;
  std::unique_ptr<HttpServer> http_server_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_COORDINATOR_H_
