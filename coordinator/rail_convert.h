#ifndef MXBAN_COORDINATOR_RAIL_CONVERT_H_
#define MXBAN_COORDINATOR_RAIL_CONVERT_H_

// Wire messages <-> rail_records.h, for the store and for operators.
//
// Each From...() validates all it reads: INVALID_ARGUMENT names the field that
// is wrong.

#include "absl/status/statusor.h"
#include "coordinator/rail_records.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {

v1::HeldBan HeldBanToProto(const HeldBan& held);
absl::StatusOr<HeldBan> HeldBanFromProto(const v1::HeldBan& message);

v1::AllowedSource AllowedSourceToProto(const AllowedSource& allowed);
absl::StatusOr<AllowedSource> AllowedSourceFromProto(
    const v1::AllowedSource& message);

v1::Pause PauseToProto(const Pause& pause);
absl::StatusOr<Pause> PauseFromProto(const v1::Pause& message);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RAIL_CONVERT_H_
