// What memory a source takes that failed so often.
//
//   counter_bench SOURCES FAILURES
//
// Prints one line of JSON: bytes for each source, as the process grows by them,
// and nanoseconds of processor time for each failure that is counted.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "bench/process_cost.h"
#include "common/failure_counter.h"

namespace mxban {
namespace {

void Run(uint32_t sources, int failures) {
  const absl::Time now = absl::FromUnixSeconds(1'795'420'800);
  const size_t bytes_before = ResidentBytesOf(getpid());
  FailureCounter counter({.max_failures = 5, .max_sources = sources});
  const absl::Duration start = CpuTimeOf(getpid());
  for (int i = 0; i < failures; ++i) {
    for (uint32_t number = 0; number < sources; ++number) {
      const uint8_t bytes[] = {static_cast<uint8_t>(10 + (number >> 24)),
                               static_cast<uint8_t>(number >> 16),
                               static_cast<uint8_t>(number >> 8),
                               static_cast<uint8_t>(number)};
      counter.Record(IpNetwork::FromBytes(bytes, 32), now + absl::Seconds(i),
                     "mx1", "info");
    }
  }
  const double cost = absl::ToDoubleNanoseconds(CpuTimeOf(getpid()) - start);
  if (counter.tracked_sources() != sources) std::abort();
  std::printf(
      "{\"sources\": %u, \"failures\": %d, \"bytes\": %.1f, "
      "\"nanoseconds\": %.0f}\n",
      sources, failures,
      static_cast<double>(ResidentBytesOf(getpid()) - bytes_before) / sources,
      cost / sources / failures);
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  uint32_t sources = 0;
  int failures = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[1], &sources) || sources < 1 ||
      !absl::SimpleAtoi(argv[2], &failures) || failures < 1 || failures > 5) {
    std::fprintf(stderr, "usage: counter_bench SOURCES FAILURES\n");
    return 2;
  }
  mxban::Run(sources, failures);
  return 0;
}
