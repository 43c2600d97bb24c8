#ifndef MXBAN_COORDINATOR_OPEN_CALLS_H_
#define MXBAN_COORDINATOR_OPEN_CALLS_H_

// Streams that stay open, and whether they still may.
//
// Whoever was let in with a certificate, a token or a role may lose it while a
// stream lasts. So what was asked when it began is asked again every
// kInterval, and what would not be let in now is cancelled.
//
// Thread-safe.

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"

namespace mxban {

class OpenCalls {
 public:
  // Within this time of the reason an open stream ends.
  static constexpr absl::Duration kInterval = absl::Seconds(15);

  using Check = std::function<absl::Status()>;

  // That a call is open; its end is the ticket's.
  class Ticket {
   public:
    ~Ticket() {
      if (id_ != 0) calls_.Remove(id_);
    }
    Ticket(Ticket&& other)
        : calls_(other.calls_), id_(std::exchange(other.id_, 0)) {}

   private:
    friend class OpenCalls;
    Ticket(OpenCalls& calls, uint64_t id) : calls_(calls), id_(id) {}

    OpenCalls& calls_;
    uint64_t id_;  // 0 once moved from.
  };

  // `context` is that of the call and lives as long as the ticket; `check` is
  // called from Step(). The calls must outlive the ticket.
  [[nodiscard]] Ticket Add(grpc::CallbackServerContext& context, Check check);

  // Asks for each call, one after the other, and cancels those that may not go
  // on. Call it every kInterval.
  void Step();

 private:
  struct Call {
    grpc::CallbackServerContext& context;
    Check check;
  };

  void Remove(uint64_t id);

  absl::Mutex mutex_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_OPEN_CALLS_H_
