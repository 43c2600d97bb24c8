#ifndef MXBAN_COORDINATOR_AUDIT_CONVERT_H_
#define MXBAN_COORDINATOR_AUDIT_CONVERT_H_

// Audit records: wire messages <-> values.

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/audit_record.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {

// What operators and files say becomes printable, and is cut to 1,000 bytes.
v1::AuditRecord AuditRecordToProto(const AuditRecord& record);

// INVALID_ARGUMENT if the time is none.
absl::StatusOr<AuditRecord> AuditRecordFromProto(
    const v1::AuditRecord& message);

// Which records are asked for; how many is the caller's to say.
// INVALID_ARGUMENT names the field that is wrong.
absl::StatusOr<AuditQuery> AuditQueryFromProto(
    const v1::ListAuditRecordsRequest& message);

// The page token that asks for what comes behind `last`.
std::string AuditTokenOf(const AuditRecord& last);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_CONVERT_H_
