#ifndef MXBAN_COMMON_LAST_TIME_H_
#define MXBAN_COMMON_LAST_TIME_H_

#include <cstdint>

namespace mxban {

// The last second that a google.protobuf.Timestamp holds, since 1970:
// 9999-12-31T23:59:59Z.
inline constexpr int64_t kLastTimestamp = 253'402'300'799;

}  // namespace mxban

#endif  // MXBAN_COMMON_LAST_TIME_H_
