#ifndef MXBAN_COORDINATOR_ACCESS_UPKEEP_H_
#define MXBAN_COORDINATOR_ACCESS_UPKEEP_H_

// Keeps what is known of callers up to date: once a second looks at the files,
// every OpenCalls::kInterval at the open streams, and warns of what an operator
// should not forget.

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "common/expiry_watch.h"
#include "coordinator/identities.h"
#include "coordinator/open_calls.h"

namespace mxban {

class AccessUpkeep {
 public:
  struct Parts {
    Identities& identities;
    OpenCalls& open_calls;
    ExpiryWatch& expiry_watch;
    const Clock& clock;
    bool insecure;  // Agents are believed; said again every hour.
  };

  // Works from here until destruction; the parts must live until then.
  explicit AccessUpkeep(Parts parts);
  ~AccessUpkeep();
  AccessUpkeep(const AccessUpkeep&) = delete;
  AccessUpkeep& operator=(const AccessUpkeep&) = delete;

 private:
  void Loop();

  const Parts parts_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ACCESS_UPKEEP_H_
