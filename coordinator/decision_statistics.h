#ifndef MXBAN_COORDINATOR_DECISION_STATISTICS_H_
#define MXBAN_COORDINATOR_DECISION_STATISTICS_H_

// What the decision loop has done since its construction, and what it holds.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/ban.h"
#include "coordinator/ban_table.h"
#include "coordinator/failure_intake.h"
#include "coordinator/turn.h"

namespace mxban {

struct DecisionStatistics {
  // Adds what `turn`, which is committed, has counted.
  void Add(const Turn& turn) {
    for (const auto& [jail, count] : turn.failures_by_jail) {
      failures += count;
      failures_by_jail[jail] += count;
    }
    for (const auto& [server, count] : turn.failures_by_server) {
      failures_by_server[server] += count;
    }
    for (const auto& [jail, count] : turn.forgiven_by_jail) {
      forgiven_by_jail[jail] += count;
    }
    for (const auto& [jail, count] : turn.right_logins_by_jail) {
      right_logins_by_jail[jail] += count;
    }
    for (const auto& [jail_and_rail, count] : turn.held_by_rail) {
      held_by_rail[jail_and_rail] += count;
    }
    for (const auto& [key, ban] : turn.imposed) {
      ++imposed[{key.jail, ban.origin}];
    }
    for (const auto& [key, change] : turn.ended) {
      ++ended[{key.jail, change.kind}];
    }
  }

  uint64_t failures = 0;  // Counted.
  absl::flat_hash_map<std::string, uint64_t> failures_by_jail;
  absl::flat_hash_map<std::string, uint64_t> failures_by_server;
  absl::flat_hash_map<std::string, uint64_t> forgiven_by_jail;  // When told.
  absl::flat_hash_map<std::string, uint64_t> right_logins_by_jail;
  uint64_t good_senders = 0;  // Sources, over all jails.
  uint64_t evicted_users = 0;
  uint64_t tracked_sources = 0;
  uint64_t evicted_sources = 0;
  uint64_t failed_commits = 0;
  // Bans held so far, by jail and rail.
  std::map<std::pair<std::string, std::string>, uint64_t> held_by_rail;
  // New or extended, by jail and origin.
  std::map<std::pair<std::string, BanOrigin>, uint64_t> imposed;
  // Pardoned or expired, by jail.
  std::map<std::pair<std::string, BanTable::ChangeKind>, uint64_t> ended;
  FailureIntake::Tally intake;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_DECISION_STATISTICS_H_
