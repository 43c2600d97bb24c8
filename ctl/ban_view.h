#ifndef MXBAN_CTL_BAN_VIEW_H_
#define MXBAN_CTL_BAN_VIEW_H_

// Shows bans to people: as rows of a table, and as lines of a stream.

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "ctl/table.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// The columns that AddBanRow() fills.
Table BanTable();

// Adds where a ban stands and until when; below it how it came about. In a jail
// that `is_dry_run` it stands nowhere.
void AddBanRow(const v1::BanStatus& status, bool is_dry_run, absl::Time now,
               Table& table);

// `5 failures in 10 min, on mx1, mx2`, `5 failures in 10 min, on mx1 alone`,
// `by an operator: spam`.
std::string DescribeCause(const v1::Ban& ban);

// `2 min ago, 5 failures in 10 min, on mx1, mx2, ends in 7 h 58 min`.
std::string DescribeBan(const v1::Ban& ban, absl::Time now);

// `no bans stand`, `2 bans stand`.
std::string DescribeBanCount(uint64_t count);

// `enforced 3/3, 4 ms`; without the time when the coordinator forgot it.
std::string DescribeProgress(const v1::EnforcementProgress& progress);

// `banned 192.0.2.1 in sendmail-auth, ends in 8 h`; `would ban` in a dry run.
void PrintImposed(const v1::Ban& ban, bool is_dry_run, absl::Time now,
                  std::ostream& out);

// `pardoned 192.0.2.1 in sendmail-auth`.
void PrintPardoned(const v1::Ban& ban, std::ostream& out);

// `14:03:22 imposed 192.0.2.1 in sendmail-auth, ends in 8 h: 5 failures ...`,
// in the time of day of `zone`.
void PrintChange(const v1::WatchBansResponse& change, absl::TimeZone zone,
                 std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_BAN_VIEW_H_
