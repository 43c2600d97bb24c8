#ifndef MXBAN_AGENT_AGENT_METRICS_H_
#define MXBAN_AGENT_AGENT_METRICS_H_

// What the agent tells Prometheus.
//
// Thread-safe.

#include <vector>

#include "agent/agent_core.h"
#include "agent/coordinator_link.h"
#include "common/expiry_watch.h"
#include "common/process_metrics.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace mxban {

class AgentMetrics final : public prometheus::Collectable {
 public:
  // All must outlive the metrics.
  AgentMetrics(AgentCore& core, const CoordinatorLink& link,
               const ExpiryWatch& expiry_watch)
      : core_(core), link_(link), expiry_watch_(expiry_watch) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  AgentCore& core_;
  const CoordinatorLink& link_;
  const ExpiryWatch& expiry_watch_;
  const ProcessMetrics process_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_AGENT_METRICS_H_
