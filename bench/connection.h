#ifndef MXBAN_BENCH_CONNECTION_H_
#define MXBAN_BENCH_CONNECTION_H_

#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/impl/service_type.h"

namespace mxban {

// Both ends of plain connections over loopback.

// Serves `service` until the process ends, once in each. Returns the port; 0 if
// it cannot.
int Listen(grpc::Service& service);

// A connection to `endpoint` that is shared with no other channel. Ends the
// process if there is none within two minutes.
std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint);

}  // namespace mxban

#endif  // MXBAN_BENCH_CONNECTION_H_
