#ifndef MXBAN_COORDINATOR_SOURCE_EXPLANATION_H_
#define MXBAN_COORDINATOR_SOURCE_EXPLANATION_H_

// All that the coordinator knows of a source: whether it is banned, and why or
// why not. The wire form, with each field explained, is
// v1.ExplainSourceResponse.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/jail.h"
#include "coordinator/ban_store.h"
#include "coordinator/decision_loop.h"
#include "coordinator/rail_records.h"

namespace mxban {

// What one jail knows of a source.
struct JailVerdict {
  Jail jail;  // Of one that is gone only the name.
  IpNetwork counted_source;
  std::vector<Ban> bans;  // On it or around it, narrowest first.
  std::optional<HeldBan> held;
  std::vector<StoredFailure> failures;  // Oldest first.
  std::vector<bool> are_forgiven;       // Which of them a right login forgives.
  std::optional<absl::Time> right_login_time;  // The newest.

  // Of those failures, what a ban now would go by.
  size_t failure_count = 0;
  uint32_t failure_weight = 1;       // As how many each counts.
  std::vector<std::string> servers;  // That saw them, sorted.

  uint32_t previous_ban_count = 0;
  absl::Duration next_ban_time;
  absl::Time pardon_time = absl::InfinitePast();  // Never.
  std::string ignored_by;                         // Empty: by nothing.
};

struct SourceExplanation {
  IpNetwork source;
  absl::Time time;         // For which all of it holds.
  std::string allowed_by;  // Empty: by nothing.
  std::vector<JailVerdict> verdicts;
  std::optional<Pause> pause;
};

// Gathers what is known; changes nothing. Errors are those of the store.
absl::StatusOr<SourceExplanation> ExplainSource(const DecisionLoop::View& view,
                                                const IpNetwork& source);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_SOURCE_EXPLANATION_H_
