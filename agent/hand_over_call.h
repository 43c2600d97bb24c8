#ifndef MXBAN_AGENT_HAND_OVER_CALL_H_
#define MXBAN_AGENT_HAND_OVER_CALL_H_

// Hands the bans over that this server has imposed by itself: HandOverBans
// calls to one coordinator, one at a time, until there is nothing left or one
// fails.
//
// Thread-safe.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/call_queue.h"
#include "agent/local_bans.h"
#include "common/ban.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/async_unary_call.h"
#include "grpcpp/support/status.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {

class HandOverCall {
 public:
  // `prepare` makes a context ready for a call. All must outlive this.
  HandOverCall(v1::AgentService::StubInterface& stub, CallQueue& calls,
               LocalBans& local_bans,
               std::function<void(grpc::ClientContext&)> prepare)
      : stub_(stub),
        calls_(calls),
        local_bans_(local_bans),
        prepare_(std::move(prepare)) {}

  // Hands over what there is, unless a call is under way.
  void Pump();

  // Ends the call that is under way, and waits until it has ended.
  void Close();

 private:
  // Begins a call, unless there is nothing to hand over.
  bool Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Puts as many of bans_ into request_ as a message may hold; the others go.
  void MakeRequest();
  void Done(bool /*ok*/);
  void TakeAnswer();
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !is_under_way_;
  }

  v1::AgentService::StubInterface& stub_;
  CallQueue& calls_;
  LocalBans& local_bans_;
  const std::function<void(grpc::ClientContext&)> prepare_;

  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_under_way_ ABSL_GUARDED_BY(mutex_) = false;
  std::string error_ ABSL_GUARDED_BY(mutex_);  // The last one that was logged.

  // Of the call under way.
  std::optional<grpc::ClientContext> context_;
  std::vector<Ban> bans_;
  v1::HandOverBansRequest request_;
  v1::HandOverBansResponse response_;
  grpc::Status status_;
  std::unique_ptr<
      grpc::ClientAsyncResponseReaderInterface<v1::HandOverBansResponse>>
      answer_;
  CallQueue::Tag tag_ = CallQueue::TagOf<&HandOverCall::Done>(this);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_HAND_OVER_CALL_H_
