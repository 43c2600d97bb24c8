#ifndef MXBAN_COORDINATOR_STORE_RECORDS_H_
#define MXBAN_COORDINATOR_STORE_RECORDS_H_

// What a BanStore holds, and what one turn of the decision loop changes of it,
// as values.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ban.h"
#include "coordinator/audit_record.h"
#include "coordinator/rail_records.h"
#include "coordinator/stored_failure.h"  // IWYU pragma: export

namespace mxban {

// The newest right login of `user` from the source of `key`.
struct StoredLogin {
  BanKey key;
  std::string user;
  absl::Time time;
};

// Which right logins of a jail there is no room for: those up to a time.
struct ForgottenLogins {
  std::string jail;
  absl::Time until;
};

// Of the failures of `key` only the newest `kept` matter, and the newest of
// each server if the jail asks for several: no more than twice as many stay.
struct TrimmedFailures {
  BanKey key;
  size_t kept = 0;
  bool of_each_server = false;
};

// Every failure that `jail` found in this log of this server, up to `offset`,
// has been dealt with.
struct LogProgress {
  std::string server;
  std::string jail;
  std::string log_id;
  uint64_t offset = 0;
  absl::Time time;  // Of the last change.
};

// That an operator forgave what the source of `key` had done by then.
struct Pardon {
  BanKey key;
  absl::Time time;
};

// Before when what is forgotten; see retention.h.
struct Retention {
  absl::Time failures = absl::InfinitePast();
  absl::Time progress = absl::InfinitePast();
  absl::Time pardons = absl::InfinitePast();
  absl::Time right_logins = absl::InfinitePast();
  // A source is forgotten when three times the length of its last ban had gone
  // by then; never while it is banned.
  absl::Time ban_counts = absl::InfinitePast();
  absl::Time audit = absl::InfinitePast();
};

// What one turn changes; applied in the order of the fields.
struct StoreChange {
  uint64_t revision = 0;              // Of the ban set afterwards.
  std::vector<BanKey> forgotten;      // Whose failures no longer count.
  std::vector<FailureView> failures;  // New ones, after the forgetting.
  std::vector<TrimmedFailures> trimmed;
  std::vector<StoredLogin> right_logins;  // Where later than what is known.
  std::vector<ForgottenLogins> forgotten_logins;
  std::vector<LogProgress> progress;
  std::vector<BanKey> lifted;    // Pardoned or expired.
  std::vector<Pardon> pardoned;  // Were never banned.
  std::vector<Ban> imposed;      // New or extended.
  std::vector<BanKey> not_held;  // Any more.
  std::vector<HeldBan> held;     // New or refreshed.
  std::vector<std::string> disallowed;
  std::vector<AllowedSource> allowed;  // New or changed.
  // Set if the pause changes; then nullopt ends it.
  std::optional<std::optional<Pause>> pause;
  std::optional<Retention> retention;
  std::vector<AuditRecord> audit;  // Appended.
};

// How often a source was banned, as far as is remembered.
struct BanCounts {
  uint32_t in_jail = 0;
  uint32_t in_all_jails = 0;
};

struct StoreContents {
  std::string history_id;  // Random, chosen when the store was created.
  uint64_t revision = 0;
  std::vector<Ban> bans;
  std::vector<StoredFailure> failures;  // By time, oldest first.
  std::vector<StoredLogin> right_logins;
  std::vector<LogProgress> progress;
  std::vector<Pardon> pardons;
  std::vector<HeldBan> held;
  RailState rails;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORE_RECORDS_H_
