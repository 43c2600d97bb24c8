#include "common/process_metrics.h"

#include <ctime>
#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace mxban {
namespace {

std::map<std::string, double> Values(const ProcessMetrics& process) {
  MetricsBuilder metrics;
  process.AddTo(metrics);
  std::map<std::string, double> values;
  for (const auto& family : std::move(metrics).Build()) {
    values[family.name] = family.metric.at(0).gauge.value;
  }
  return values;
}

TEST(ProcessMetricsTest, AreThoseOfThisProcess) {
  const ProcessMetrics process;
  const auto before = Values(process);
  EXPECT_NEAR(before.at("process_start_time_seconds"),
              static_cast<double>(std::time(nullptr)), 5);
  EXPECT_GT(before.at("process_resident_memory_bytes"), 1'000'000);

  const std::clock_t begin = std::clock();
  while (std::clock() - begin < CLOCKS_PER_SEC / 20) {
  }
  EXPECT_GE(Values(process).at("process_cpu_seconds_total"),
            before.at("process_cpu_seconds_total") + 0.04);
}

}  // namespace
}  // namespace mxban
