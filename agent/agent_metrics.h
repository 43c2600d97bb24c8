#ifndef MXBAN_AGENT_AGENT_METRICS_H_
#define MXBAN_AGENT_AGENT_METRICS_H_

// What the agent tells Prometheus.
//
// Thread-safe.

#include <vector>

#include "agent/agent_core.h"
#include "agent/coordinator_link.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace mxban {

class AgentMetrics final : public prometheus::Collectable {
 public:
  // Both must outlive the metrics.
  AgentMetrics(AgentCore& core, const CoordinatorLink& link)
      : core_(core), link_(link) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  AgentCore& core_;
  const CoordinatorLink& link_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_AGENT_METRICS_H_
