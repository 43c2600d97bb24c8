#ifndef MXBAN_COMMON_JAIL_CONVERT_H_
#define MXBAN_COMMON_JAIL_CONVERT_H_

// Jails: wire messages <-> values.
//
// An agent believes nothing it is sent: what no coordinator would send is
// refused as a whole, before any expression is compiled.

#include "absl/status/statusor.h"
#include "common/jail.h"
#include "mxban/v1/jail.pb.h"

namespace mxban {

v1::Jail JailToProto(const Jail& jail);

// INVALID_ARGUMENT names the field that breaks what jail.proto says of it.
absl::StatusOr<Jail> JailFromProto(const v1::Jail& message);

}  // namespace mxban

#endif  // MXBAN_COMMON_JAIL_CONVERT_H_
