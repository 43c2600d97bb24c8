#ifndef MXBAN_COMMON_PROCESS_METRICS_H_
#define MXBAN_COMMON_PROCESS_METRICS_H_

// What every daemon tells Prometheus of its process, by the names that all
// exporters use.
//
// Thread-safe.

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/metrics.h"

namespace mxban {

class ProcessMetrics {
 public:
  // Adds process_start_time_seconds, which is when this object was made,
  // process_cpu_seconds_total and process_resident_memory_bytes.
  void AddTo(MetricsBuilder& metrics) const;

 private:
  const absl::Time start_time_ = absl::Now();
};

}  // namespace mxban

#endif  // MXBAN_COMMON_PROCESS_METRICS_H_
