#include "coordinator/retention.h"

#include <algorithm>

namespace mxban {
namespace {

constexpr absl::Duration kShortestProgress = absl::Hours(24);

// A server may have been cut off for so long, and its bans be as old.
constexpr absl::Duration kShortestPardon = absl::Hours(7 * 24);

constexpr absl::Duration kAuditMemory = absl::Hours(90 * 24);

}  // namespace

Retention RetentionAt(absl::Time now, const JailSet& jails) {
  absl::Duration longest_window, longest_memory, longest_good_time;
  for (const auto& [name, jail] : jails) {
    longest_window = std::max(longest_window, jail.find_time);
    longest_memory = std::max(longest_memory, jail.ban_memory);
    longest_good_time = std::max(longest_good_time, jail.good_time);
  }
  Retention retention;
  retention.failures = now - 2 * longest_window;
  retention.progress = now - std::max(2 * longest_window, kShortestProgress);
  retention.pardons = now - std::max(2 * longest_window, kShortestPardon);
  retention.audit = now - kAuditMemory;
  retention.right_logins = retention.failures - longest_good_time;
  if (!jails.empty()) retention.ban_counts = now - longest_memory;
  return retention;
}

}  // namespace mxban
