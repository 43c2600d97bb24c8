#ifndef MXBAN_AGENT_AGENT_METRICS_H_
#define MXBAN_AGENT_AGENT_METRICS_H_

// What the agent tells Prometheus.
//
// Thread-safe.

#include <vector>

#include "agent/coordinator_link.h"
#include "agent/enforcer.h"
#include "agent/failure_outbox.h"
#include "agent/log_reader.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace mxban {

class AgentMetrics final : public prometheus::Collectable {
 public:
  // All must outlive the metrics.
  AgentMetrics(const LogReader& reader, const FailureOutbox& outbox,
               const Enforcer& enforcer, const CoordinatorLink& link)
      : reader_(reader), outbox_(outbox), enforcer_(enforcer), link_(link) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const LogReader& reader_;
  const FailureOutbox& outbox_;
  const Enforcer& enforcer_;
  const CoordinatorLink& link_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_AGENT_METRICS_H_
