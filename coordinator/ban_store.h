#ifndef MXBAN_COORDINATOR_BAN_STORE_H_
#define MXBAN_COORDINATOR_BAN_STORE_H_

// What survives the coordinator: bans, the failures that still count, the right
// logins that forgive some of them, how far each log is recorded, who was
// pardoned, what operators have set, and who did what.
//
// There is one way to change it, Commit(), which makes a whole turn of the
// decision loop durable or nothing of it. So a failure is never recorded
// without its position, nor a ban without the end of its failures.
//
// Any call may answer DATA_LOSS: then the store is not sound, and nothing that
// it says can be relied on any more.
//
// Implementations: SqliteBanStore; StoreGuard around it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "coordinator/audit_record.h"
#include "coordinator/rail_records.h"

namespace mxban {

// A failure that counts towards a ban of `key`, unless a right login forgives
// it.
struct StoredFailure {
  BanKey key;
  absl::Time time;
  std::string server;
  std::string evidence;
  std::string user;  // May be empty.
};

// The same where its texts belong to somebody else, who must outlive it: so
// that a failure on its way from a message to the disk is copied once.
struct FailureView {
  FailureView() = default;
  FailureView(absl::string_view jail, const IpNetwork& source, absl::Time time,
              absl::string_view server, absl::string_view evidence,
              absl::string_view user)
      : jail(jail),
        source(source),
        time(time),
        server(server),
        evidence(evidence),
        user(user) {}
  // Implicit, since it means the same.
  FailureView(const StoredFailure& failure)
      : FailureView(failure.key.jail, failure.key.source, failure.time,
                    failure.server, failure.evidence, failure.user) {}

  bool IsOf(const BanKey& key) const {
    return source == key.source && jail == key.jail;
  }
  StoredFailure Copy() const {
    return {BanKey{std::string(jail), source}, time, std::string(server),
            std::string(evidence), std::string(user)};
  }

  absl::string_view jail;
  IpNetwork source;
  absl::Time time;
  absl::string_view server;
  absl::string_view evidence;
  absl::string_view user;
};

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

// Thread-compatible: used by the decision loop alone.
class BanStore {
 public:
  virtual ~BanStore() = default;

  virtual absl::StatusOr<StoreContents> Load() = 0;

  // Returns once `change` is on the disk. UNAVAILABLE if that failed (disk
  // full, say): then nothing of it is.
  virtual absl::Status Commit(const StoreChange& change) = 0;

  // The newest failures of `key`, at most `limit`, oldest first.
  virtual absl::StatusOr<std::vector<StoredFailure>> FailuresOf(
      const BanKey& key, size_t limit) = 0;

  // How many bans on the source of `key` were imposed so far; one that stands
  // is among them.
  virtual absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) = 0;

  // A page of audit records, newest first.
  virtual absl::StatusOr<std::vector<AuditRecord>> AuditPage(
      const AuditQuery& query) = 0;

  // The audit records behind the one of `id`, at most `limit`, oldest first.
  virtual absl::StatusOr<std::vector<AuditRecord>> AuditAfter(uint64_t id,
                                                              size_t limit) = 0;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_STORE_H_
