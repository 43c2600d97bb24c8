#include "agent/watch_stream.h"

#include <utility>

#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "spdlog/spdlog.h"

namespace mxban {

WatchStream::WatchStream(v1::AgentService::StubInterface& stub,
                         CallQueue& calls, grpc::ClientContext& context,
                         v1::Subscription subscription, Callbacks callbacks)
    : context_(context),
      callbacks_(std::move(callbacks)),
      subscription_(std::move(subscription)) {
  StartCall(stub.PrepareAsyncWatch(&context_, &calls.queue()));
}

void WatchStream::Acknowledge(const Enforcer::Report& report) {
  absl::MutexLock lock(&mutex_);
  report_ = report;
  has_report_ = true;
  Write();
}

void WatchStream::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

void WatchStream::OnReadDone(bool ok, const v1::WatchResponse& response) {
  if (!ok) return Close();
  {
    absl::MutexLock lock(&mutex_);
    history_id_ = response.history_id();
  }
  const absl::Status status = callbacks_.on_update(response);
  if (status.ok()) return;
  spdlog::error("the coordinator's update is not understood: {}",
                std::string(status.message()));
  context_.TryCancel();
  Close();
}

void WatchStream::OnWriteDone(bool ok) {
  if (!ok) return Close();
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  Write();
}

void WatchStream::Write() {
  if (writing_ || closed_) return;
  v1::WatchRequest request;
  if (subscription_.has_value()) {
    *request.mutable_subscription() = *std::move(subscription_);
    subscription_.reset();
  } else if (std::exchange(has_report_, false)) {
    *request.mutable_acknowledgement() = Acknowledgement();
  } else {
    return;
  }
  writing_ = true;
  StartWrite(request);
}

v1::Acknowledgement WatchStream::Acknowledgement() const {
  // Revisions of another history mean nothing to this coordinator.
  const bool is_ours = report_.history_id == history_id_;
  v1::Acknowledgement message;
  message.set_enforced_revision(is_ours ? report_.revision : 0);
  message.set_problem(ProblemToProto(report_.status.code()));
  message.set_error(PrintableText(report_.status.message(), kMaxEvidenceText));
  message.set_firewall(report_.firewall);
  return message;
}

}  // namespace mxban
