#include "common/slewed_clock.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace mxban {

absl::Duration Uptime() {
  timespec uptime = {};
  clock_gettime(CLOCK_BOOTTIME, &uptime);
  return absl::DurationFromTimespec(uptime);
}

SlewedClock::SlewedClock(const Clock& wall,
                         std::function<absl::Duration()> uptime)
    : wall_(wall),
      uptime_(std::move(uptime)),
      last_uptime_(uptime_()),
      last_time_(wall_.TimeNow()) {}

absl::Time SlewedClock::TimeNow() const {
  absl::MutexLock lock(&mutex_);
  const absl::Duration uptime = uptime_();
  const absl::Duration passed = uptime - std::exchange(last_uptime_, uptime);
  const absl::Duration most = passed / 10;
  last_time_ += passed;
  last_time_ += std::clamp(wall_.TimeNow() - last_time_, -most, most);
  return last_time_;
}

}  // namespace mxban
