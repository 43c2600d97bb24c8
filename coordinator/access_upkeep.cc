#include "coordinator/access_upkeep.h"

#include <cstdint>

#include "absl/time/time.h"
#include "common/hourly.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

}  // namespace

AccessUpkeep::AccessUpkeep(Parts parts) : parts_(parts) {
  thread_ = std::thread([this] { Loop(); });
}

AccessUpkeep::~AccessUpkeep() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void AccessUpkeep::Loop() {
  Hourly insecure;
  const int64_t steps_between_calls = OpenCalls::kInterval / kInterval;
  for (int64_t step = 1;; ++step) {
    const absl::Time now = parts_.clock.TimeNow();
    parts_.expiry_watch.Step(now);
    if (parts_.insecure && insecure.IsDue(now)) {
      spdlog::warn("--insecure: agents are believed without a certificate");
    }
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval);
      if (stopping_) return;
    }
    parts_.identities.Refresh();
    if (step % steps_between_calls == 0) parts_.open_calls.Step();
  }
}

}  // namespace mxban
