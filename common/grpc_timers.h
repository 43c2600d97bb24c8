#ifndef MXBAN_COMMON_GRPC_TIMERS_H_
#define MXBAN_COMMON_GRPC_TIMERS_H_

// Runs what gRPC wants to be done later, as its EventEngine, on one thread that
// sleeps until the next of it is due.
//
// The engine that comes with gRPC 1.51 wakes twice a second to see whether
// anything is due, which is most of what an idle agent's gRPC costs, and keeps
// three more threads. It opens no connections; neither does this one.
//
// Thread-safe. One in a process, before anything of gRPC is used and until all
// of it has gone: what comes later is not done.

#include <memory>
#include <thread>

namespace mxban {

class GrpcTimers {
 public:
  GrpcTimers();
  ~GrpcTimers();

  GrpcTimers(const GrpcTimers&) = delete;
  GrpcTimers& operator=(const GrpcTimers&) = delete;

 private:
  class Tasks;
  class Engine;

  const std::shared_ptr<Tasks> tasks_;  // Engines may outlive us.
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_GRPC_TIMERS_H_
