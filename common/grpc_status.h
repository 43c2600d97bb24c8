#ifndef MXBAN_COMMON_GRPC_STATUS_H_
#define MXBAN_COMMON_GRPC_STATUS_H_

// gRPC's status and Abseil's have the same codes by design
// (both number google.rpc.Code).

#include <string>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace mxban {

inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

inline absl::Status FromGrpcStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

}  // namespace mxban

#endif  // MXBAN_COMMON_GRPC_STATUS_H_
