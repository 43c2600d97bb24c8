#ifndef MXBAN_CTL_RAIL_VIEW_H_
#define MXBAN_CTL_RAIL_VIEW_H_

// Shows to people what is allowed and what is held.

#include <ostream>

#include "absl/time/time.h"
#include "ctl/table.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// The columns that AddAllowedRow() fills.
Table AllowedTable();

// Adds what is allowed and until when; below it why, and what a name or a file
// comes to.
void AddAllowedRow(const v1::AllowedSource& allowed, absl::Time now,
                   Table& table);

// `allowed 192.0.2.1, ends in 8 h`.
void PrintAllowed(const v1::AllowedSource& allowed, absl::Time now,
                  std::ostream& out);

// The columns that AddHeldRow() fills.
Table HeldTable();

// Adds whom a ban would hit; below it what holds it, and how it came about.
void AddHeldRow(const v1::HeldBan& held, absl::Time now, Table& table);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_RAIL_VIEW_H_
