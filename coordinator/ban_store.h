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

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ban.h"
#include "coordinator/audit_record.h"
#include "coordinator/store_records.h"  // IWYU pragma: export

namespace mxban {

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
