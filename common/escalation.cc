#include "common/escalation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mxban {
namespace {

// Beyond this many bans nothing grows any more.
constexpr uint32_t kMaxDoublings = 20;

absl::Duration Grown(const Escalation& escalation, absl::Duration ban_time,
                     uint32_t earlier_bans) {
  if (escalation.multipliers.empty()) {
    const int doublings =
        static_cast<int>(std::min(earlier_bans, kMaxDoublings));
    return std::max(ban_time,
                    ban_time * std::ldexp(escalation.factor, doublings));
  }
  const size_t step =
      std::min<size_t>(earlier_bans, escalation.multipliers.size() - 1);
  return ban_time * (escalation.factor * escalation.multipliers[step]);
}

}  // namespace

absl::Duration EscalatedBanTime(const Jail& jail, uint32_t earlier_bans,
                                double random) {
  const bool is_first = earlier_bans == 0;
  if (!jail.escalation || is_first ||
      jail.ban_time == absl::InfiniteDuration()) {
    return jail.ban_time;
  }
  const Escalation& escalation = *jail.escalation;
  return std::min(Grown(escalation, jail.ban_time, earlier_bans),
                  escalation.max_time) +
         absl::Trunc(escalation.random_time * random, absl::Seconds(1));
}

uint32_t FailureWeight(const Jail& jail, uint32_t earlier_bans) {
  if (!jail.escalation || earlier_bans == 0) return 1;
  const uint32_t weight =
      (uint32_t{1} << (std::min(earlier_bans, kMaxDoublings) - 1)) + 1;
  return std::min(weight, std::max<uint32_t>(jail.max_retry, 1));
}

}  // namespace mxban
