#ifndef MXBAN_COMMON_GRPC_WAKER_H_
#define MXBAN_COMMON_GRPC_WAKER_H_

// Keeps the threads of gRPC's callback API from dozing.
//
// In gRPC 1.51 they wait a second for something to do, and then sleep for
// 100 ms without looking (CallbackAlternativeCQ in its completion_queue_cc.cc).
// In a quiet fleet a ban would meet that gap. So every 400 ms they are given
// something to do: a call that fails before it leaves the process. Whichever of
// them takes it is then awake until the next.
//
// Thread-safe. One is enough for a process, for as long as it lives.

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/generic_stub.h"

namespace mxban {

class GrpcWaker {
 public:
  GrpcWaker();
  ~GrpcWaker();

  GrpcWaker(const GrpcWaker&) = delete;
  GrpcWaker& operator=(const GrpcWaker&) = delete;

 private:
  struct Call;

  void Loop();
  void Wake();
  bool IsIdle() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return calls_ == 0; }

  grpc::GenericStub stub_;  // On a channel that leads nowhere.

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;  // Under way.

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_GRPC_WAKER_H_
