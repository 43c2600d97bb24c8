#ifndef MXBAN_AGENT_AGENT_H_
#define MXBAN_AGENT_AGENT_H_

// A whole agent, built in the order of the life of a ban: an AgentCore, the
// threads that drive it, and the connection to a coordinator.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/agent_core.h"
#include "agent/agent_metrics.h"
#include "agent/coordinator_link.h"
#include "agent/enforcer.h"
#include "agent/firewall/firewall.h"
#include "agent/never_ban_watch.h"
#include "common/client_tls.h"
#include "common/clock.h"
#include "common/expiry_watch.h"
#include "common/http_server.h"
#include "common/tls.h"

namespace mxban {

class Agent {
 public:
  struct Options {
    std::vector<std::string> coordinators;
    std::string server_name;
    std::string state_dir = "/var/lib/mxban-agent";
    // Paths that replace a jail's own, by jail.
    absl::btree_map<std::string, std::vector<std::string>> log_paths;
    std::vector<std::string> never_ban;
    std::string http_listen = "127.0.0.1:7463";  // Empty: no HTTP.
    TlsFiles tls;
    bool insecure = false;
    bool flush_on_exit = false;  // Take our rules away at the end.
    // Called about once a second while upkeep and enforcement go round.
    std::function<void()> on_alive = [] {};
  };

  // Works from here until destruction; `clock` must outlive the agent. Errors
  // name what an operator can mend.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(
      const Options& options, std::unique_ptr<Firewall> firewall,
      const Clock& clock);

  // Leaves the bans in the kernel unless `flush_on_exit`.
  ~Agent();

  // OK when the kernel enforces what a coordinator has said; else why not.
  absl::Status Readiness() const;

  // Somebody else changed the firewall.
  void OnFirewallChanged() { core_->enforcer().OnFirewallChanged(); }

  Enforcer::Statistics enforcer_statistics() const {
    return core_->enforcer().statistics();
  }

 private:
  Agent(const Options& options, std::unique_ptr<Firewall> firewall)
      : options_(options), firewall_(std::move(firewall)) {}

  absl::Status Build(const Clock& clock);
  void LookAfter(const Clock& clock);

  const Options options_;

  // In the order in which each needs the ones before.
  std::unique_ptr<Firewall> firewall_;
  std::unique_ptr<AgentCore> core_;
  std::unique_ptr<NeverBanWatch> never_ban_watch_;
  std::unique_ptr<ClientTls> tls_;
  std::unique_ptr<ExpiryWatch> expiry_watch_;
  std::unique_ptr<CoordinatorLink> link_;
  std::unique_ptr<AgentMetrics> metrics_;
  std::unique_ptr<HttpServer> http_server_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread upkeep_thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_AGENT_H_
