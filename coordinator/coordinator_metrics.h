#ifndef MXBAN_COORDINATOR_COORDINATOR_METRICS_H_
#define MXBAN_COORDINATOR_COORDINATOR_METRICS_H_

// What the coordinator tells Prometheus.
//
// Thread-safe.

#include <vector>

#include "common/expiry_watch.h"
#include "coordinator/agent_quota.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_feed.h"
#include "coordinator/ban_table.h"
#include "coordinator/decision_loop.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace mxban {

class CoordinatorMetrics final : public prometheus::Collectable {
 public:
  // All must outlive the metrics.
  CoordinatorMetrics(const DecisionLoop& loop, const BanTable& table,
                     const AgentRegistry& registry, const BanFeed& feed,
                     const AgentQuota& quota, const ExpiryWatch& expiry_watch,
                     bool is_store_salvaged)
      : loop_(loop),
        table_(table),
        registry_(registry),
        feed_(feed),
        quota_(quota),
        expiry_watch_(expiry_watch),
        is_store_salvaged_(is_store_salvaged) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const DecisionLoop& loop_;
  const BanTable& table_;
  const AgentRegistry& registry_;
  const BanFeed& feed_;
  const AgentQuota& quota_;
  const ExpiryWatch& expiry_watch_;
  const bool is_store_salvaged_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_COORDINATOR_METRICS_H_
