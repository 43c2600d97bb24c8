#include "tests/cluster/simulation/agent_end.h"

#include <optional>
#include <utility>

#include "common/proto_convert.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban::simulation {

AgentEnd::AgentEnd(AgentCore& core, int batch_size, Callbacks callbacks)
    : core_(core), batch_size_(batch_size), callbacks_(std::move(callbacks)) {}

void AgentEnd::Open() {
  core_.outbox().Rewind();
  v1::WatchRequest request;
  *request.mutable_subscription() = core_.Subscription();
  callbacks_.send_request(request.SerializeAsString());
  Pump();
}

void AgentEnd::Pump() {
  if (is_waiting_) return;
  std::optional<FailureBatch> batch = core_.outbox().Take(batch_size_);
  if (!batch.has_value()) return;
  for (Failure& failure : batch->failures) {
    failure.time += core_.fleet_clock().ahead();
  }
  is_waiting_ = true;
  callbacks_.send_batch(FailureBatchToProto(*batch).SerializeAsString());
}

void AgentEnd::ReceiveAnswer(const std::string& bytes) {
  v1::ReportFailuresResponse response;
  if (!response.ParseFromString(bytes)) return callbacks_.complain("answer");
  core_.outbox().Acknowledge(response.jail(), response.log_id(),
                             response.acknowledged_offset());
  is_waiting_ = false;
  callbacks_.on_answer();
  Pump();
}

void AgentEnd::ReceiveUpdate(const std::string& bytes) {
  v1::WatchResponse response;
  if (!response.ParseFromString(bytes)) return callbacks_.complain("update");
  history_id_ = response.history_id();
  if (const absl::Status status = core_.OnUpdate(response); !status.ok()) {
    return callbacks_.complain(status.ToString());
  }
  callbacks_.on_update();
  if (response.has_jails() && !std::exchange(is_connected_, true)) {
    callbacks_.on_connected();
    HandOver();
  }
}

void AgentEnd::HandOver() {
  if (!is_connected_ || !handed_over_.empty()) return;
  handed_over_ = core_.local_bans().ToHandOver(kMaxBansPerHandOver);
  if (handed_over_.empty()) return;
  v1::HandOverBansRequest request;
  for (const Ban& ban : handed_over_) *request.add_bans() = BanToProto(ban);
  callbacks_.send_bans(request.SerializeAsString());
}

void AgentEnd::ReceiveHandedOver(const std::string& bytes) {
  v1::HandOverBansResponse response;
  if (!response.ParseFromString(bytes)) return callbacks_.complain("outcome");
  std::vector<BanKey> refused;
  for (const v1::LiftedBan& wire : response.refused()) {
    const absl::StatusOr<BanKey> key = LiftedBanFromProto(wire);
    if (!key.ok()) return callbacks_.complain(key.status().ToString());
    refused.push_back(*key);
  }
  core_.local_bans().HandedOver(handed_over_, response.history_id(),
                                response.revision(), refused);
  handed_over_.clear();
  callbacks_.on_handed_over(response.revision());
  callbacks_.on_update();
}

void AgentEnd::Acknowledge(const Enforcer::Report& report) {
  v1::WatchRequest request;
  v1::Acknowledgement& message = *request.mutable_acknowledgement();
  // Revisions of another history mean nothing to this coordinator.
  const bool is_ours = report.history_id == history_id_;
  message.set_enforced_revision(is_ours ? report.revision : 0);
  message.set_problem(ProblemToProto(report.status.code()));
  message.set_error(std::string(report.status.message()));
  message.set_firewall(report.firewall);
  callbacks_.send_request(request.SerializeAsString());
}

}  // namespace mxban::simulation
