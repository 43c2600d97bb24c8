#ifndef MXBAN_COORDINATOR_AUDIT_LINE_H_
#define MXBAN_COORDINATOR_AUDIT_LINE_H_

// An audit record as one line of JSON, printable ASCII:
//
//   {"history":"4f2a...","id":7,"time":"2026-11-26T16:12:43.123456Z",
//    "who":"mxban","action":"ban","jail":"sendmail","source":"203.0.113.7",
//    "reason":"5 failures within 10m"}
//
// History and id together name a record for good: ids begin again in a store
// that took the place of a damaged one.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "coordinator/audit_record.h"

namespace mxban {

// What names a record.
struct AuditPlace {
  std::string history_id;
  uint64_t id = 0;

  friend bool operator==(const AuditPlace&, const AuditPlace&) = default;
};

// Every line begins so.
inline constexpr char kAuditLineStart[] = "{\"history\":\"";

// Without a newline. REQUIRES: `record` comes from a store.
std::string AuditLine(const std::string& history_id, const AuditRecord& record);

// Which record `line` is of; none if AuditLine() has not written it.
std::optional<AuditPlace> PlaceOfAuditLine(absl::string_view line);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_LINE_H_
