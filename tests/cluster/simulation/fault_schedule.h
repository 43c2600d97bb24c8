#ifndef MXBAN_TESTS_CLUSTER_SIMULATION_FAULT_SCHEDULE_H_
#define MXBAN_TESTS_CLUSTER_SIMULATION_FAULT_SCHEDULE_H_

// One schedule: a world, and what happens to it, drawn from one seed. Attacks
// and faults follow each other at random, from a millisecond to hours apart;
// then all heals, the world comes to rest, and it is compared with the truth.
// A schedule does so once or twice.

#include <cstdint>
#include <string>
#include <vector>

namespace mxban::simulation {

// Faults that not every version survives. Without any, logs are rotated by
// renaming them, once all that they tell is recorded.
struct FaultKinds {
  bool rotation_any_time = false;  // Also with a backlog, and no agent there.
  bool copytruncate = false;
  bool compression = false;
  bool clock_steps = false;
};

struct Outcome {
  std::vector<std::string> complaints;  // None: it is as it should be.
  uint64_t trace_hash = 0;
  // So that nobody praises a run in which nothing happened.
  uint64_t failures = 0;
  uint64_t bans = 0;
  double days = 0;
};

// Runs the schedule of `seed`.
Outcome RunSchedule(uint64_t seed, const FaultKinds& kinds);

}  // namespace mxban::simulation

#endif  // MXBAN_TESTS_CLUSTER_SIMULATION_FAULT_SCHEDULE_H_
