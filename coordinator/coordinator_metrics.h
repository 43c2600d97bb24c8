#ifndef MXBAN_COORDINATOR_COORDINATOR_METRICS_H_
#define MXBAN_COORDINATOR_COORDINATOR_METRICS_H_

// What the coordinator tells Prometheus.
//
// Thread-safe.

#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/expiry_watch.h"
#include "common/process_metrics.h"
#include "coordinator/agent_quota.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_feed.h"
#include "coordinator/ban_table.h"
#include "coordinator/decision_loop.h"
#include "coordinator/jail_updater.h"
#include "coordinator/store_guard.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace mxban {

class CoordinatorMetrics final : public prometheus::Collectable {
 public:
  // All must outlive the metrics.
  struct Parts {
    const DecisionLoop& loop;
    const BanTable& table;
    const AgentRegistry& registry;
    const BanFeed& feed;
    const AgentQuota& quota;
    const JailUpdater& updater;
    const StoreGuard& store;
    const Clock& clock;
    const ExpiryWatch& expiry_watch;
    std::string store_path;
    bool is_store_salvaged;
  };
  explicit CoordinatorMetrics(Parts parts) : parts_(std::move(parts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Parts parts_;
  const ProcessMetrics process_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_COORDINATOR_METRICS_H_
