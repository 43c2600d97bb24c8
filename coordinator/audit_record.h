#ifndef MXBAN_COORDINATOR_AUDIT_RECORD_H_
#define MXBAN_COORDINATOR_AUDIT_RECORD_H_

// What an operator did or the coordinator decided, as the audit log has it.
// The wire form, with each field explained, is v1.AuditRecord.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/ip_network.h"

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
  uint64_t id = 0;  // The store gives it.

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

// Which records are wanted, newest first.
struct AuditQuery {
  // That of the last record of the page before.
  struct Place {
    absl::Time time;
    uint64_t id = 0;
  };

  size_t limit = 100;
  std::optional<IpNetwork> source;  // Of it, or of a network around it.
  absl::Time since = absl::InfinitePast();
  std::optional<Place> before;  // The records behind this place.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_RECORD_H_
