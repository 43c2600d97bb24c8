#ifndef MXBAN_COMMON_ESCALATION_H_
#define MXBAN_COMMON_ESCALATION_H_

// How the second, third, ... ban of a source grows, and how much less patience
// a known offender meets: Fail2Ban's `bantime.increment`, over the history of
// the whole fleet. Pure, as ban_policy is.
//
// With B = bantime, f = factor and n earlier bans, a ban lasts
//
//   B                       if n = 0, or if the jail does not escalate
//   max(B, B * 2^n * f)     n at most 20
//   B * f * m[n]            with multipliers; the last holds for all n beyond
//
// at most `maxtime`, plus something random up to `rndtime`. A ban for ever
// stays one.

#include <cstdint>

#include "absl/time/time.h"
#include "common/jail.h"

namespace mxban {

// How long `jail` bans a source that it banned `earlier_bans` times before.
// `random` is from 0 up to 1, and says how much of `rndtime` is added.
absl::Duration EscalatedBanTime(const Jail& jail, uint32_t earlier_bans,
                                double random);

// As how many one failure of such a source counts: 1 for those never banned,
// 2, 3, 5, 9, ... for n = 1, 2, 3, 4, ..., never more than `maxretry`.
uint32_t FailureWeight(const Jail& jail, uint32_t earlier_bans);

}  // namespace mxban

#endif  // MXBAN_COMMON_ESCALATION_H_
