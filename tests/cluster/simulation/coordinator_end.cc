#include "tests/cluster/simulation/coordinator_end.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_convert.h"
#include "coordinator/failure_report.h"
#include "mxban/v1/agent_service.pb.h"

namespace mxban::simulation {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);  // Of bytes in memory: does not fail.
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

CoordinatorEnd::CoordinatorEnd(Agenda& agenda,
                               SimulatedCoordinator& coordinator, int server,
                               Callbacks callbacks)
    : agenda_(agenda),
      coordinator_(coordinator),
      server_(server),
      callbacks_(std::move(callbacks)) {}

CoordinatorEnd::~CoordinatorEnd() {
  if (!ticket_.has_value()) return;
  coordinator_.feed().RemoveReader(this);
  coordinator_.registry().Disconnect(absl::StrCat("mx", server_), *ticket_,
                                     agenda_.TimeNow());
}

void CoordinatorEnd::ReceiveBatch(const std::string& bytes) {
  auto report = std::make_shared<FailureReport>(absl::StrCat("mx", server_));
  report->Append(bytes);
  const absl::Status status = report->Parse();
  if (!status.ok()) return callbacks_.complain(status.ToString());
  v1::ReportFailuresResponse response;
  response.set_jail(report->jail());
  response.set_log_id(report->log_id());
  coordinator_.Report(server_, std::move(report),
                      [this, response, life = std::weak_ptr<int>(life_)](
                          const absl::StatusOr<uint64_t>& offset) mutable {
                        if (life.expired())
                          return;  // Nobody is there to hear it.
                        if (!offset.ok()) return callbacks_.fail();
                        response.set_acknowledged_offset(*offset);
                        callbacks_.send_answer(response.SerializeAsString());
                      });
}

void CoordinatorEnd::ReceiveRequest(const std::string& bytes) {
  v1::WatchRequest request;
  if (!request.ParseFromString(bytes)) return callbacks_.complain("request");
  AgentRegistry& registry = coordinator_.registry();
  const std::string name = absl::StrCat("mx", server_);
  if (request.has_subscription()) {
    const v1::Subscription& subscription = request.subscription();
    ticket_ = registry.Connect({.server_name = name}, agenda_.TimeNow());
    cursor_ = coordinator_.feed().Subscribe(subscription.history_id(),
                                            subscription.known_revision(),
                                            agenda_.TimeNow());
    coordinator_.feed().AddReader(this);
    return Pump();
  }
  const v1::Acknowledgement& said = request.acknowledgement();
  registry.Acknowledge(name, *ticket_,
                       {said.enforced_revision(),
                        EnforcementStatusFromProto(said), said.firewall()},
                       agenda_.TimeNow());
}

void CoordinatorEnd::ReceiveBans(const std::string& bytes) {
  v1::HandOverBansRequest request;
  if (!request.ParseFromString(bytes)) return callbacks_.complain("bans");
  absl::StatusOr<std::vector<Ban>> bans = HandedOverBansFromProto(request);
  if (!bans.ok()) return callbacks_.complain(bans.status().ToString());
  v1::HandOverBansResponse response;
  response.set_history_id(coordinator_.feed().history_id());
  coordinator_.HandOver(
      server_, *std::move(bans),
      [this, response, life = std::weak_ptr<int>(life_)](
          const absl::StatusOr<DecisionLoop::HandedOver>& outcome) mutable {
        if (life.expired()) return;  // Nobody is there to hear it.
        if (!outcome.ok()) return callbacks_.fail();
        response.set_revision(outcome->revision);
        for (const BanKey& key : outcome->refused) {
          *response.add_refused() = LiftedBanToProto(key);
        }
        callbacks_.send_handed_over(response.SerializeAsString());
      });
}

void CoordinatorEnd::Pump() {
  if (!ticket_.has_value()) return;
  while (callbacks_.has_room()) {
    const std::optional<grpc::ByteBuffer> next =
        coordinator_.feed().Next(cursor_);
    if (!next.has_value()) return;
    callbacks_.send_update(BytesOf(*next));
  }
}

}  // namespace mxban::simulation
