#ifndef MXBAN_BENCH_CONNECTION_H_
#define MXBAN_BENCH_CONNECTION_H_

#include <memory>
#include <string>

#include "grpcpp/channel.h"

namespace mxban {

// A connection to `endpoint` that is shared with no other channel. Ends the
// process if there is none within two minutes.
std::shared_ptr<grpc::Channel> Connect(const std::string& endpoint);

}  // namespace mxban

#endif  // MXBAN_BENCH_CONNECTION_H_
