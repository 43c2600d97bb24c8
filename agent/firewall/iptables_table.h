#ifndef MXBAN_AGENT_FIREWALL_IPTABLES_TABLE_H_
#define MXBAN_AGENT_FIREWALL_IPTABLES_TABLE_H_

// Reads and changes our part of the legacy `filter` tables. The only module
// that names libiptc.
//
// libiptc can only replace a table as a whole, and its commit may report a
// failure although the new table is in force. So a change is never a list of
// operations: it is a function from what stands to what should, asked again
// about the fresh table after each failure. Foreign rules and their counters
// survive byte for byte; the counters of chain policies do not, which is the
// same with every program on libiptc.

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/family.h"
#include "agent/firewall/table_rule.h"
#include "agent/firewall/xtables_lock.h"

namespace mxban {

//   PERMISSION_DENIED  CAP_NET_ADMIN or CAP_NET_RAW is missing.
//   UNIMPLEMENTED      the kernel has no such table.
//   INTERNAL           anything else, in words.
absl::StatusOr<OwnedRules> ReadTable(Family family);

// Turns what is ours into what `edit` makes of it, in one commit; all jumps
// come to stand together at the head of INPUT. Writes nothing if nothing
// differs. `edit` may run several times. Errors as above, and
//
//   UNAVAILABLE          the table kept changing: somebody ignores the lock.
//   FAILED_PRECONDITION  foreign rules still lead to a chain that should go;
//                        it is empty now, and all else is done.
absl::Status ChangeTable(Family family, const XtablesLock& lock,
                         absl::FunctionRef<void(OwnedRules&)> edit);

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPTABLES_TABLE_H_
