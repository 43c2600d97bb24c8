#include "coordinator/ban_history.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/status_macros.h"

namespace mxban {
namespace {

// The newest stored failures of the source of `ban` that are not forgiven, at
// least as many as it counts if there are so many.
absl::StatusOr<std::vector<StoredFailure>> StoredBehind(
    const Ban& ban, BanStore& store, const RightLogins& right_logins) {
  for (size_t limit = ban.failure_count;; limit *= 2) {
    ASSIGN_OR_RETURN(std::vector<StoredFailure> failures,
                     store.FailuresOf(ban.key, limit));
    const bool are_all = failures.size() < limit;
    std::erase_if(failures, [&](const StoredFailure& failure) {
      return right_logins.Forgives(failure);
    });
    if (are_all || failures.size() >= ban.failure_count) return failures;
  }
}

// The failures that led to `ban`, oldest first.
absl::StatusOr<std::vector<StoredFailure>> FailuresBehind(
    const Ban& ban, BanStore& store, Turn& turn,
    const RightLogins& right_logins) {
  ASSIGN_OR_RETURN(std::vector<StoredFailure> failures,
                   StoredBehind(ban, store, right_logins));
  for (const FailureView& failure : turn.counted.Of(ban.key)) {
    if (!right_logins.Forgives(failure)) failures.push_back(failure.Copy());
  }
  std::stable_sort(failures.begin(), failures.end(),
                   [](const StoredFailure& a, const StoredFailure& b) {
                     return a.time < b.time;
                   });
  // What does not count any more explains nothing.
  if (failures.size() > ban.failure_count) {
    failures.erase(failures.begin(), failures.end() - ban.failure_count);
  }
  return failures;
}

}  // namespace

absl::Status AddBanCount(BanStore& store, const Turn& turn, Ban& ban) {
  ASSIGN_OR_RETURN(const BanCounts counts, store.BanCountsOf(ban.key));
  ban.previous_ban_count = turn.Remembered(ban.key, counts).in_jail;
  return absl::OkStatus();
}

absl::Status AddHistory(BanStore& store, Turn& turn,
                        const RightLogins& right_logins, Ban& ban) {
  RETURN_IF_ERROR(AddBanCount(store, turn, ban));
  if (ban.origin != BanOrigin::kCounted) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<StoredFailure> failures,
                   FailuresBehind(ban, store, turn, right_logins));
  std::set<std::string> servers;
  for (const StoredFailure& failure : failures) {
    if (servers.size() < kMaxServers) servers.insert(failure.server);
  }
  ban.servers.assign(servers.begin(), servers.end());
  const size_t first =
      failures.size() - std::min(failures.size(), kMaxEvidence);
  for (size_t i = first; i < failures.size(); ++i) {
    ban.evidence.push_back(failures[i].evidence);
  }
  return absl::OkStatus();
}

}  // namespace mxban
