#ifndef MXBAN_BENCH_FLEET_HEALTH_H_
#define MXBAN_BENCH_FLEET_HEALTH_H_

// Asks the coordinator, several times a second, which servers are well:
// connected, and enforcing what was the newest revision when it was asked.
//
// Thread-safe.

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "bench/fault_log.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {

class FleetHealth {
 public:
  // Notes in `log` who is well. Both must outlive this.
  FleetHealth(FaultyFleet& fleet, FaultLog& log);
  ~FleetHealth();

  // How many servers were, at the last question.
  size_t well() const;

 private:
  void Loop();
  void Ask();

  FaultyFleet& fleet_;
  FaultLog& log_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  size_t well_ ABSL_GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_BENCH_FLEET_HEALTH_H_
