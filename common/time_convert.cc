#include "common/time_convert.h"

#include "absl/status/status.h"
#include "common/last_time.h"

namespace mxban {

google::protobuf::Timestamp TimestampToProto(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      (time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  return timestamp;
}

absl::StatusOr<absl::Time> TimestampFromProto(
    const google::protobuf::Timestamp& timestamp) {
  return TimeOfStamp(timestamp.seconds(), timestamp.nanos());
}

absl::StatusOr<absl::Time> TimeOfStamp(int64_t seconds, int32_t nanos) {
  // The range that google.protobuf.Timestamp allows: years 1 to 9999.
  if (seconds < -62135596800 || seconds > kLastTimestamp || nanos < 0 ||
      nanos > 999999999) {
    return absl::InvalidArgumentError("time: out of range");
  }
  return absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos);
}

google::protobuf::Duration DurationToProto(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(
      absl::IDivDuration(duration, absl::Seconds(1), &duration));
  message.set_nanos(static_cast<int32_t>(
      absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return message;
}

absl::StatusOr<absl::Duration> DurationFromProto(
    const google::protobuf::Duration& duration) {
  if (duration.seconds() < -315576000000 || duration.seconds() > 315576000000) {
    return absl::InvalidArgumentError("duration: out of range");
  }
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace mxban
