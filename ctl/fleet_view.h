#ifndef MXBAN_CTL_FLEET_VIEW_H_
#define MXBAN_CTL_FLEET_VIEW_H_

// Shows the state of the cluster, its agents and its jails to people.

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "ctl/table.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// `14 bans stand, agents: 3 of 3 connected, 1 behind`; and, before all else,
// that enforcement is paused.
std::string SumUp(const v1::GetStatusResponse& status);

// One line for each thing an operator asks first.
void PrintStatus(const v1::GetStatusResponse& status, absl::Time now,
                 std::ostream& out);

// The columns that AddAgentRow() fills.
Table AgentTable();

// What an agent's state is told against.
struct FleetState {
  uint64_t revision = 0;  // The newest of the ban set.
  absl::Time now;
};

// Adds an agent; below it what it cannot enforce, if anything.
void AddAgentRow(const v1::AgentStatus& agent, const FleetState& fleet,
                 Table& table);

// The columns that AddJailRow() fills.
Table JailTable();

// Adds a jail; below it its rails, and the logs it follows.
void AddJailRow(const v1::JailStatus& status, Table& table);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_FLEET_VIEW_H_
