#ifndef MXBAN_COMMON_METRICS_H_
#define MXBAN_COMMON_METRICS_H_

// Builds Prometheus metrics at the moment they are asked for, from the
// statistics that the parts keep anyway. So nothing on a hot path knows of
// metrics.

#include <string>
#include <utility>
#include <vector>

#include "prometheus/histogram.h"
#include "prometheus/metric_family.h"

namespace mxban {

// Bounds, in seconds, for what is promised within milliseconds (3 in the
// median, 20 for 99 of 100), and for the slow tail beside it.
inline prometheus::Histogram::BucketBoundaries LatencyBuckets() {
  return {.0005, .001, .002, .003, .005, .01, .02, .05,
          .1,    .25,  .5,   1,    2.5,  5,   10,  30};
}

// Collects families in the order in which they are added.
class MetricsBuilder {
 public:
  // A value that only rises; `name` ends in `_total`.
  void Counter(const std::string& name, const std::string& help, double value) {
    Family(name, help, prometheus::MetricType::Counter);
    Sample({}, value);
  }

  // A value that goes up and down.
  void Gauge(const std::string& name, const std::string& help, double value) {
    Family(name, help, prometheus::MetricType::Gauge);
    Sample({}, value);
  }

  // What `histogram` has observed; `name` ends in the unit, `_seconds`.
  void Histogram(const std::string& name, const std::string& help,
                 const prometheus::Histogram& histogram) {
    Family(name, help, prometheus::MetricType::Histogram);
    families_.back().metric.push_back(histogram.Collect());
  }

  // Begins a family whose samples follow.
  void Family(const std::string& name, const std::string& help,
              prometheus::MetricType type) {
    families_.push_back({name, help, type, {}});
  }

  // Adds a sample to the newest family.
  void Sample(std::vector<prometheus::ClientMetric::Label> labels,
              double value) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<prometheus::MetricFamily> Build() && {
    return std::move(families_);
  }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_METRICS_H_
