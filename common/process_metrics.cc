#include "common/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace mxban {
namespace {

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                               absl::DurationFromTimeval(usage.ru_stime));
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void ProcessMetrics::AddTo(MetricsBuilder& metrics) const {
  metrics.Gauge("process_start_time_seconds", "When the process started.",
                absl::ToDoubleSeconds(start_time_ - absl::UnixEpoch()));
  metrics.Counter("process_cpu_seconds_total",
                  "CPU time that the process has used.", CpuSeconds());
  metrics.Gauge("process_resident_memory_bytes",
                "Memory that the process occupies.", ResidentBytes());
}

}  // namespace mxban
