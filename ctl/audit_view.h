#ifndef MXBAN_CTL_AUDIT_VIEW_H_
#define MXBAN_CTL_AUDIT_VIEW_H_

// Shows the audit log to people.

#include "absl/time/time.h"
#include "ctl/table.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// The columns that AddAuditRow() fills.
Table AuditTable();

// Adds a record; below it why, if anything was said.
void AddAuditRow(const v1::AuditRecord& record, absl::TimeZone zone,
                 Table& table);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_AUDIT_VIEW_H_
