#ifndef MXBAN_COMMON_TIME_CONVERT_H_
#define MXBAN_COMMON_TIME_CONVERT_H_

// Times and lengths of time: wire messages <-> values.

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace mxban {

// REQUIRES: the time is within the years 1 to 9999.
google::protobuf::Timestamp TimestampToProto(absl::Time time);

// INVALID_ARGUMENT for what no valid message has, as in the next.
absl::StatusOr<absl::Time> TimestampFromProto(
    const google::protobuf::Timestamp& timestamp);

// The same for one that is read without a message.
absl::StatusOr<absl::Time> TimeOfStamp(int64_t seconds, int32_t nanos);

// REQUIRES: the length is finite.
google::protobuf::Duration DurationToProto(absl::Duration duration);

absl::StatusOr<absl::Duration> DurationFromProto(
    const google::protobuf::Duration& duration);

}  // namespace mxban

#endif  // MXBAN_COMMON_TIME_CONVERT_H_
