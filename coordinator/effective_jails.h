#ifndef MXBAN_COORDINATOR_EFFECTIVE_JAILS_H_
#define MXBAN_COORDINATOR_EFFECTIVE_JAILS_H_

// The jails as the fleet has them: those that are configured, as operators have
// changed them meanwhile. Pure.
//
// configured (jail_updater) x allow list x pause = effective, which is what the
// decision loop puts in force and agents receive. It multiplies
// (operator_rails), for a pause must not wait for files or names.

#include <string>

#include "absl/status/status.h"
#include "coordinator/ban_table.h"
#include "coordinator/rail_records.h"

namespace mxban {

// `configured`, each with all that is allowed among what it ignores, and none
// of them enforced during a pause.
JailSet EffectiveJails(const JailSet& configured, const RailState& rails);

// INVALID_ARGUMENT if `jails` do not fit into one message to agents.
absl::Status CheckJailSize(const JailSet& jails);

// NOT_FOUND, for operators: `jail` is none, and how to find those that are.
absl::Status NoSuchJail(const std::string& jail);

// Whether what was counted under `before` counts the same under `after`.
bool CountAlike(const JailSet& before, const JailSet& after);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_EFFECTIVE_JAILS_H_
