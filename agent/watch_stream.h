#ifndef MXBAN_AGENT_WATCH_STREAM_H_
#define MXBAN_AGENT_WATCH_STREAM_H_

// One Watch call: hands on what the coordinator says, and acknowledges what the
// kernel enforces.
//
// Thread-safe. Must outlive its OnDone().

#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "agent/call_queue.h"
#include "agent/enforcer.h"
#include "agent/stream_call.h"
#include "grpcpp/client_context.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {

class WatchStream final
    : public StreamCall<v1::WatchRequest, v1::WatchResponse> {
 public:
  struct Callbacks {
    // An error means that it is not understood, and ends the call.
    std::function<absl::Status(const v1::WatchResponse&)> on_update;
    std::function<void(const grpc::Status&)> on_done;
  };

  // Begins the call with `context`, which must outlive it, as `calls` must.
  WatchStream(v1::AgentService::StubInterface& stub, CallQueue& calls,
              grpc::ClientContext& context, v1::Subscription subscription,
              Callbacks callbacks);

  // Tells the coordinator; of several reports the newest counts.
  void Acknowledge(const Enforcer::Report& report);

  // No more sending; the call may end.
  void Close();

 private:
  void OnReadDone(bool ok, const v1::WatchResponse& response) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override {
    callbacks_.on_done(status);
  }
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::Acknowledgement Acknowledgement() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::ClientContext& context_;
  const Callbacks callbacks_;

  absl::Mutex mutex_;
  // Goes first.
  std::optional<v1::Subscription> subscription_ ABSL_GUARDED_BY(mutex_);
  std::string history_id_ ABSL_GUARDED_BY(mutex_);   // Of this coordinator.
  Enforcer::Report report_ ABSL_GUARDED_BY(mutex_);  // The newest.
  bool has_report_ ABSL_GUARDED_BY(mutex_) = false;  // Not sent yet.
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;      // The call begins.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_WATCH_STREAM_H_
