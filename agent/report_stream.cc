#include "agent/report_stream.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// The highest offset of what `request` holds; 0 if that is nothing.
uint64_t EndOf(const v1::ReportFailuresRequest& request) {
  uint64_t end = 0;
  for (const v1::Failure& failure : request.failures()) {
    end = std::max(end, failure.end_offset());
  }
  for (const v1::RightLogin& login : request.right_logins()) {
    end = std::max(end, login.end_offset());
  }
  return end;
}

}  // namespace

ReportStream::ReportStream(v1::AgentService::StubInterface& stub,
                           CallQueue& calls, grpc::ClientContext& context,
                           FailureOutbox& outbox, const FleetClock& clock,
                           DoneCallback on_done)
    : outbox_(outbox), clock_(clock), on_done_(std::move(on_done)) {
  StartCall(stub.PrepareAsyncReportFailures(&context, &calls.queue()));
}

void ReportStream::Pump() {
  absl::MutexLock lock(&mutex_);
  if (writing_ || awaiting_ || closed_) return;
  std::optional<FailureBatch> batch = outbox_.Take(kMaxFailuresPerBatch);
  if (!batch.has_value()) return;
  for (Failure& failure : batch->failures) failure.time += clock_.ahead();
  for (RightLogin& login : batch->right_logins) login.time += clock_.ahead();
  request_ = FailureBatchToProto(*batch);
  writing_ = awaiting_ = true;
  StartWrite(request_);
}

void ReportStream::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

void ReportStream::OnReadDone(bool ok,
                              const v1::ReportFailuresResponse& response) {
  if (!ok) return Close();
  outbox_.Acknowledge(response.jail(), response.log_id(),
                      response.acknowledged_offset());
  {
    absl::MutexLock lock(&mutex_);
    awaiting_ = false;
  }
  Pump();
}

void ReportStream::OnWriteDone(bool ok) {
  if (!ok) return Close();
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  Pump();
}

void ReportStream::OnDone(const grpc::Status& status) {
  const uint64_t end = EndOf(request_);
  const bool is_poison =
      status.error_code() == grpc::INVALID_ARGUMENT && end > 0;
  if (is_poison) {
    // Sent again it would be refused again, and nothing after it would count.
    spdlog::error(
        "{} failures and {} right logins of jail {} are lost, the "
        "coordinator refuses them: {}",
        request_.failures_size(), request_.right_logins_size(), request_.jail(),
        status.error_message());
    outbox_.Acknowledge(request_.jail(), request_.log_id(), end);
  }
  on_done_(status);
}

}  // namespace mxban
