#include "common/time_convert.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(TimeConvertTest, TimesSurviveTheRoundTrip) {
  for (const int64_t microseconds :
       {int64_t{0}, int64_t{-1}, int64_t{1'795'435'200'000'001}}) {
    const absl::Time time = absl::FromUnixMicros(microseconds);
    EXPECT_EQ(*TimestampFromProto(TimestampToProto(time)), time);
  }
}

TEST(TimeConvertTest, LengthsSurviveTheRoundTrip) {
  for (const absl::Duration length :
       {absl::ZeroDuration(), absl::Milliseconds(1500), -absl::Hours(1)}) {
    EXPECT_EQ(*DurationFromProto(DurationToProto(length)), length);
  }
}

TEST(TimeConvertTest, WhatNoValidMessageHasIsRefused) {
  google::protobuf::Timestamp time;
  time.set_seconds(INT64_MAX);
  EXPECT_FALSE(TimestampFromProto(time).ok());
  time.set_seconds(0);
  time.set_nanos(-1);
  EXPECT_FALSE(TimestampFromProto(time).ok());
  google::protobuf::Duration length;
  length.set_seconds(INT64_MAX);
  EXPECT_FALSE(DurationFromProto(length).ok());
}

}  // namespace
}  // namespace mxban
