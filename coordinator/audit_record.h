#ifndef MXBAN_COORDINATOR_AUDIT_RECORD_H_
#define MXBAN_COORDINATOR_AUDIT_RECORD_H_

// What an operator did or the coordinator decided, as the audit log has it.
// The wire form, with each field explained, is v1.AuditRecord.

#include <string>

#include "absl/time/time.h"

namespace mxban {

// Who decides if no operator does.
inline constexpr char kMxban[] = "mxban";

struct AuditRecord {
  absl::Time time;
  std::string who;
  std::string action;
  std::string jail;  // May be empty, as the two below.
  std::string source;
  std::string reason;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_RECORD_H_
