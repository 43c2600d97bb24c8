#ifndef MXBAN_COMMON_PROTO_CONVERT_H_
#define MXBAN_COMMON_PROTO_CONVERT_H_

// Wire messages <-> values. Generated types stop here and at the services.
//
// What comes from the wire is hostile: each From...() validates all it reads
// and answers INVALID_ARGUMENT with the field that is wrong. Jails and times
// have files of their own, which come with this one.

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ban.h"
#include "common/jail_convert.h"  // IWYU pragma: export
#include "common/time_convert.h"  // IWYU pragma: export
#include "mxban/v1/agent_service.pb.h"
#include "mxban/v1/ban.pb.h"

namespace mxban {

// Limits that the contract states; see proto/mxban/v1/agent_service.proto.
inline constexpr int kMaxFailuresPerBatch = 1000;
inline constexpr int kMaxBansPerHandOver = 1000;
inline constexpr size_t kMaxLogId = 200;
inline constexpr size_t kMaxEvidenceText = 1000;
inline constexpr int kMaxMessageBytes = 2 << 20;  // From an agent.

v1::Ban BanToProto(const Ban& ban);
absl::StatusOr<Ban> BanFromProto(const v1::Ban& message);

// The words of a peer become printable, and no more evidence than is kept.
absl::StatusOr<std::vector<Ban>> HandedOverBansFromProto(
    const v1::HandOverBansRequest& message);

v1::StandingBan StandingBanToProto(const StandingBan& ban);
absl::StatusOr<StandingBan> StandingBanFromProto(
    const v1::StandingBan& message);

v1::LiftedBan LiftedBanToProto(const BanKey& key);
absl::StatusOr<BanKey> LiftedBanFromProto(const v1::LiftedBan& message);

// What comes the other way is read by coordinator/failure_report.h.
v1::ReportFailuresRequest FailureBatchToProto(const FailureBatch& batch);

// Why a kernel does not enforce, in the terms of an agent's Firewall::Apply().
v1::EnforcementProblem ProblemToProto(absl::StatusCode code);
absl::Status EnforcementStatusFromProto(const v1::Acknowledgement& message);

}  // namespace mxban

#endif  // MXBAN_COMMON_PROTO_CONVERT_H_
