#ifndef MXBAN_AGENT_UPDATE_H_
#define MXBAN_AGENT_UPDATE_H_

// What the coordinator says, handed to those whom it concerns.

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "agent/enforcer.h"
#include "common/jail.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban {

// Hands bans and jails of `update` to `enforcer`, jails to `on_jails` as well.
// INVALID_ARGUMENT if the update is against the contract; then nothing of it
// has been handed on.
absl::Status ApplyUpdate(const v1::WatchResponse& update, Enforcer& enforcer,
                         absl::FunctionRef<void(std::vector<Jail>)> on_jails);

}  // namespace mxban

#endif  // MXBAN_AGENT_UPDATE_H_
