#ifndef MXBAN_COMMON_PROTO_CONVERT_H_
#define MXBAN_COMMON_PROTO_CONVERT_H_

// Wire messages <-> values. Generated types stop here and at the services.
//
// What comes from the wire is hostile: each From...() validates all it reads
// and answers INVALID_ARGUMENT with the field that is wrong.

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/jail.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "mxban/v1/agent_service.pb.h"
#include "mxban/v1/ban.pb.h"
#include "mxban/v1/jail.pb.h"

namespace mxban {

// Limits that the contract states; see proto/mxban/v1/agent_service.proto.
inline constexpr int kMaxFailuresPerBatch = 1000;
inline constexpr size_t kMaxLogId = 200;
inline constexpr size_t kMaxEvidenceText = 1000;
// No jail name in a request is longer.
inline constexpr size_t kMaxJailName = 200;

google::protobuf::Timestamp TimestampToProto(absl::Time time);
absl::StatusOr<absl::Time> TimestampFromProto(
    const google::protobuf::Timestamp& timestamp);
google::protobuf::Duration DurationToProto(absl::Duration duration);
absl::StatusOr<absl::Duration> DurationFromProto(
    const google::protobuf::Duration& duration);

v1::Jail JailToProto(const Jail& jail);
absl::StatusOr<Jail> JailFromProto(const v1::Jail& message);

v1::Ban BanToProto(const Ban& ban);
absl::StatusOr<Ban> BanFromProto(const v1::Ban& message);

v1::StandingBan StandingBanToProto(const StandingBan& ban);
absl::StatusOr<StandingBan> StandingBanFromProto(
    const v1::StandingBan& message);

v1::LiftedBan LiftedBanToProto(const BanKey& key);
absl::StatusOr<BanKey> LiftedBanFromProto(const v1::LiftedBan& message);

v1::ReportFailuresRequest FailureBatchToProto(const FailureBatch& batch);
absl::StatusOr<FailureBatch> FailureBatchFromProto(
    const v1::ReportFailuresRequest& message);

// Bytes of unknown origin as printable ASCII: others become C escapes.
std::string PrintableText(absl::string_view bytes, size_t max_size);

}  // namespace mxban

#endif  // MXBAN_COMMON_PROTO_CONVERT_H_
