#ifndef MXBAN_COORDINATOR_AUDIT_TABLE_H_
#define MXBAN_COORDINATOR_AUDIT_TABLE_H_

// The table `audit` of a store: what operators did and what was decided, each
// record once, in the order in which it happened.
//
// It is bounded: beyond kMaxAuditRecords the oldest go with the commit that
// brings a new one.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/audit_record.h"
#include "coordinator/sqlite.h"

namespace mxban {

inline constexpr int64_t kMaxAuditRecords = 1'000'000;

class AuditTable {
 public:
  // `database` must outlive the table.
  explicit AuditTable(SqliteDatabase& database);

  // Whether the table is as it should be.
  absl::Status status() const;

  // Both are parts of the transaction that the caller has begun.
  absl::Status Append(const std::vector<AuditRecord>& records);
  absl::Status ForgetBefore(absl::Time time);

  // A page of records, newest first.
  absl::StatusOr<std::vector<AuditRecord>> Page(const AuditQuery& query);

  // The records behind the one of `id`, at most `limit`, oldest first.
  absl::StatusOr<std::vector<AuditRecord>> After(uint64_t id, size_t limit);

 private:
  SqliteDatabase& database_;
  SqliteStatement append_, bound_, forget_, after_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_TABLE_H_
