#ifndef MXBAN_TESTS_DEMO_LATENCY_H_
#define MXBAN_TESTS_DEMO_LATENCY_H_

// How long it takes from a line in one server's log until other servers refuse
// the connections of the source it names.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mxban::demo {

struct LatencyTrial {
  std::string log;   // The line is appended here.
  std::string line;  // SOURCE in it stands for the source; without a stamp.
  // Connections are tried to this port, at all of these addresses.
  std::vector<std::string> servers;
  uint16_t port = 25;
  absl::Duration patience = absl::Seconds(5);
  // Between sources, so that the trials meet what happens only now and then.
  absl::Duration pause = absl::ZeroDuration();
};

// For one source after the other: appends the line and connects without a pause
// until every server refuses. Returns how long the slowest server took, from
// before the write until after the refusal.
//
// FAILED_PRECONDITION if a server refuses before the line is written,
// DEADLINE_EXCEEDED if one still accepts after `patience`.
absl::StatusOr<std::vector<absl::Duration>> MeasureLatency(
    const LatencyTrial& trial, const std::vector<std::string>& sources);

}  // namespace mxban::demo

#endif  // MXBAN_TESTS_DEMO_LATENCY_H_
