#ifndef MXBAN_AGENT_FLEET_CLOCK_H_
#define MXBAN_AGENT_FLEET_CLOCK_H_

// What the coordinator's clock shows, as this server knows it: the server's own
// clock, set right by the difference between the two.
//
// Bans end, and failures count, by the coordinator's time. A server whose clock
// is an hour off would else lift a ban an hour early, or report failures that
// are too old to count. The stamps of its logs are by its own clock.
//
// Thread-safe.

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/clock.h"

namespace mxban {

class FleetClock final : public Clock {
 public:
  // Smaller differences are those of the journey, and of no consequence.
  static constexpr absl::Duration kTolerance = absl::Seconds(2);

  // `own` must outlive this.
  explicit FleetClock(const Clock& own) : own_(own) {}

  absl::Time TimeNow() const override { return own_.TimeNow() + ahead(); }

  // By how much the coordinator is ahead of us; 0 until it has been heard.
  absl::Duration ahead() const { return absl::Microseconds(ahead_us_.load()); }

  // The coordinator's clock shows `coordinator_time` at this moment.
  void Learn(absl::Time coordinator_time) {
    const absl::Duration ahead = coordinator_time - own_.TimeNow();
    ahead_us_ = absl::AbsDuration(ahead) < kTolerance
                    ? 0
                    : absl::ToInt64Microseconds(ahead);
  }

  // Notices that our own clock was set since the last call, as the
  // coordinator's was not. `uptime` is by a clock that nobody sets. For one
  // thread.
  void NoticeSteps(absl::Duration uptime) {
    const absl::Time boot = own_.TimeNow() - uptime;
    const absl::Duration step = boot - boot_.value_or(boot);
    boot_ = boot;
    if (absl::AbsDuration(step) >= kTolerance) {
      ahead_us_ -= absl::ToInt64Microseconds(step);
    }
  }

 private:
  const Clock& own_;
  std::atomic<int64_t> ahead_us_ = 0;
  std::optional<absl::Time> boot_;  // When `uptime` was 0, by our own clock.
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FLEET_CLOCK_H_
