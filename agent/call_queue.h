#ifndef MXBAN_AGENT_CALL_QUEUE_H_
#define MXBAN_AGENT_CALL_QUEUE_H_

// The one thread of an agent's calls: waits, however long it takes, until an
// operation of any call is over, and tells that call.
//
// An agent has nothing to do most of the time. gRPC's callback API, with which
// the coordinator serves thousands, keeps threads of its own that wake every
// second to look whether they are needed, and doze between (common/grpc_waker).
// This one sleeps until the kernel has something for it.
//
// Thread-safe. Must outlive every call on it.

#include <thread>

#include "grpcpp/completion_queue.h"

namespace mxban {

class CallQueue {
 public:
  // What is done once an operation is over; `ok` as gRPC says of it.
  struct Tag {
    void* call = nullptr;
    void (*done)(void* call, bool ok) = nullptr;
  };

  // Calls `kMethod`, which takes `ok`, of `call`.
  template <auto kMethod, typename Call>
  static Tag TagOf(Call* call) {
    return {call, [](void* which, bool ok) {
              (static_cast<Call*>(which)->*kMethod)(ok);
            }};
  }

  CallQueue();
  ~CallQueue();

  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  // For calls whose tags are all pointers to a Tag. That may go, with its call,
  // while it is being called.
  grpc::CompletionQueue& queue() { return queue_; }

 private:
  void Loop();

  grpc::CompletionQueue queue_;
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_CALL_QUEUE_H_
