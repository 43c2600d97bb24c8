#include "agent/watch_stream.h"

#include <utility>

#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {

WatchStream::WatchStream(v1::AgentService::StubInterface::async_interface& stub,
                         grpc::ClientContext& context,
                         v1::Subscription subscription, Callbacks callbacks)
    : context_(context), callbacks_(std::move(callbacks)) {
  absl::MutexLock lock(&mutex_);
  *request_.mutable_subscription() = std::move(subscription);
  stub.Watch(&context_, this);
  AddHold();  // Acknowledge() writes from outside gRPC's callbacks.
  StartWrite(&request_);
  StartRead(&response_);
  StartCall();
}

void WatchStream::Acknowledge(const Enforcer::Report& report) {
  absl::MutexLock lock(&mutex_);
  report_ = report;
  has_report_ = true;
  Write();
}

void WatchStream::Close() {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(closed_, true)) return;
  RemoveHold();
}

void WatchStream::OnReadDone(bool ok) {
  if (!ok) return Close();
  {
    absl::MutexLock lock(&mutex_);
    history_id_ = response_.history_id();
  }
  if (absl::Status status = callbacks_.on_update(response_); !status.ok()) {
    spdlog::error("the coordinator's update is not understood: {}",
                  std::string(status.message()));
    context_.TryCancel();
    return Close();
  }
  StartRead(&response_);
}

void WatchStream::OnWriteDone(bool ok) {
  if (!ok) return Close();
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  Write();
}

void WatchStream::Write() {
  if (writing_ || closed_ || !has_report_) return;
  // Revisions of another history mean nothing to this coordinator.
  const bool is_ours = report_.history_id == history_id_;
  request_.Clear();
  v1::Acknowledgement& message = *request_.mutable_acknowledgement();
  message.set_enforced_revision(is_ours ? report_.revision : 0);
  message.set_problem(ProblemToProto(report_.status.code()));
  message.set_error(PrintableText(report_.status.message(), kMaxEvidenceText));
  message.set_firewall(report_.firewall);
  has_report_ = false;
  writing_ = true;
  StartWrite(&request_);
}

}  // namespace mxban
