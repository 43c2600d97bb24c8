#include "agent/watch_stream.h"

#include <utility>

#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

absl::StatusOr<std::vector<Jail>> ReadJails(const v1::JailSet& message) {
  std::vector<Jail> jails;
  for (const v1::Jail& wire : message.jails()) {
    ASSIGN_OR_RETURN(Jail jail, JailFromProto(wire));
    jails.push_back(std::move(jail));
  }
  return jails;
}

absl::StatusOr<std::vector<StandingBan>> ReadBans(
    const google::protobuf::RepeatedPtrField<v1::StandingBan>& message) {
  std::vector<StandingBan> bans;
  bans.reserve(message.size());
  for (const v1::StandingBan& wire : message) {
    ASSIGN_OR_RETURN(StandingBan ban, StandingBanFromProto(wire));
    bans.push_back(std::move(ban));
  }
  return bans;
}

absl::StatusOr<Enforcer::Delta> ReadDelta(const v1::BanDelta& message) {
  Enforcer::Delta delta;
  ASSIGN_OR_RETURN(delta.imposed, ReadBans(message.imposed()));
  for (const v1::LiftedBan& wire : message.lifted()) {
    ASSIGN_OR_RETURN(BanKey key, LiftedBanFromProto(wire));
    delta.lifted.push_back(std::move(key));
  }
  return delta;
}

}  // namespace

WatchStream::WatchStream(v1::AgentService::StubInterface::async_interface& stub,
                         grpc::ClientContext& context, Enforcer& enforcer,
                         v1::Subscription subscription, Callbacks callbacks)
    : context_(context), enforcer_(enforcer), callbacks_(std::move(callbacks)) {
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
  if (absl::Status status = Receive(response_); !status.ok()) {
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

absl::Status WatchStream::Receive(const v1::WatchResponse& response) {
  {
    absl::MutexLock lock(&mutex_);
    history_id_ = response.history_id();
  }
  switch (response.update_case()) {
    case v1::WatchResponse::kJails: {
      ASSIGN_OR_RETURN(std::vector<Jail> jails, ReadJails(response.jails()));
      enforcer_.SetJails(jails);
      callbacks_.on_jails(std::move(jails));
      return absl::OkStatus();
    }
    case v1::WatchResponse::kSnapshot: {
      ASSIGN_OR_RETURN(std::vector<StandingBan> bans,
                       ReadBans(response.snapshot().bans()));
      enforcer_.AddSnapshotPart({std::move(bans), response.snapshot().first(),
                                 response.snapshot().last()},
                                response.history_id(), response.revision());
      return absl::OkStatus();
    }
    case v1::WatchResponse::kDelta: {
      ASSIGN_OR_RETURN(const Enforcer::Delta delta,
                       ReadDelta(response.delta()));
      enforcer_.ApplyDelta(delta, response.revision());
      return absl::OkStatus();
    }
    case v1::WatchResponse::UPDATE_NOT_SET:
      return absl::OkStatus();  // Of a newer version; nothing for us.
  }
  return absl::OkStatus();
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
