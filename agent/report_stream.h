#ifndef MXBAN_AGENT_REPORT_STREAM_H_
#define MXBAN_AGENT_REPORT_STREAM_H_

// One ReportFailures call: sends what is in the outbox, one batch at a time,
// the next when the one before is acknowledged.
//
// Thread-safe. Must outlive its OnDone().

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/call_queue.h"
#include "agent/failure_outbox.h"
#include "agent/fleet_clock.h"
#include "agent/stream_call.h"
#include "grpcpp/client_context.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {

class ReportStream final
    : public StreamCall<v1::ReportFailuresRequest, v1::ReportFailuresResponse> {
 public:
  using DoneCallback = std::function<void(const grpc::Status&)>;

  // Begins the call with `context`. Times of failures are made those of
  // `clock`. All must outlive the call.
  ReportStream(v1::AgentService::StubInterface& stub, CallQueue& calls,
               grpc::ClientContext& context, FailureOutbox& outbox,
               const FleetClock& clock, DoneCallback on_done);

  // Sends the next batch, if there is one and none is under way.
  void Pump();

  // No more sending; the call may end.
  void Close();

 private:
  void OnReadDone(bool ok, const v1::ReportFailuresResponse& response) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  FailureOutbox& outbox_;
  const FleetClock& clock_;
  const DoneCallback on_done_;
  v1::ReportFailuresRequest request_;  // The last that was sent.

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;    // The call begins.
  bool awaiting_ ABSL_GUARDED_BY(mutex_) = false;  // An acknowledgement.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_REPORT_STREAM_H_
