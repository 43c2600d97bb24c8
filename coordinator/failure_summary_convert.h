#ifndef MXBAN_COORDINATOR_FAILURE_SUMMARY_CONVERT_H_
#define MXBAN_COORDINATOR_FAILURE_SUMMARY_CONVERT_H_

// Who failed most lately, as operators ask for it and get it.

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/ban_table.h"
#include "coordinator/recent_failures.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {

// What is asked for at `now`. INVALID_ARGUMENT if the window is none.
absl::StatusOr<RecentFailures::Selection> FailureSelectionFromProto(
    const v1::SummarizeFailuresRequest& message, absl::Time now);

// `table` says who is banned; before `start_time` nothing was remembered.
v1::SummarizeFailuresResponse FailureSummaryToProto(
    const FailureSummary& summary, const BanTable& table,
    absl::Time start_time);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FAILURE_SUMMARY_CONVERT_H_
