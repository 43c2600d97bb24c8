#ifndef MXBAN_COORDINATOR_ADMIN_SERVICE_H_
#define MXBAN_COORDINATOR_ADMIN_SERVICE_H_

// The gRPC edge towards operators.
//
// Thread-safe.

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/admin_access.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_table.h"
#include "coordinator/ban_watch.h"
#include "coordinator/decision_loop.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  // Reads the configuration again, as an operator wants. Called from gRPC's
  // threads. JailUpdater::Reload().
  using ReloadDone = std::function<void(absl::StatusOr<size_t> jail_count)>;
  using ReloadJailSet = std::function<void(std::string who, ReloadDone)>;

  // Allows a name or a file. JailUpdater::Allow().
  using AllowNamed = std::function<void(AllowRequest, DecisionLoop::AllowDone)>;

  // All must outlive the service.
  struct Parts {
    DecisionLoop& loop;
    const BanTable& table;
    const AgentRegistry& registry;
    BanWatch& watch;
    const AdminAccess& access;
    const Clock& clock;
    ReloadJailSet reload_jails;
    AllowNamed allow_named;
    std::string history_id;
    absl::Time start_time;
    std::string store_salvage;  // As in GetStatusResponse.
  };

  explicit AdminService(Parts parts) : parts_(std::move(parts)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* ListBans(grpc::CallbackServerContext* context,
                                     const v1::ListBansRequest* request,
                                     v1::ListBansResponse* response) override;
  grpc::ServerUnaryReactor* ImposeBan(grpc::CallbackServerContext* context,
                                      const v1::ImposeBanRequest* request,
                                      v1::ImposeBanResponse* response) override;
  grpc::ServerUnaryReactor* PardonBan(grpc::CallbackServerContext* context,
                                      const v1::PardonBanRequest* request,
                                      v1::PardonBanResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchBansResponse>* WatchBans(
      grpc::CallbackServerContext* context,
      const v1::WatchBansRequest* request) override;
  grpc::ServerUnaryReactor* ListAgents(
      grpc::CallbackServerContext* context,
      const v1::ListAgentsRequest* request,
      v1::ListAgentsResponse* response) override;
  grpc::ServerUnaryReactor* ListJails(grpc::CallbackServerContext* context,
                                      const v1::ListJailsRequest* request,
                                      v1::ListJailsResponse* response) override;
  grpc::ServerUnaryReactor* ReloadJails(
      grpc::CallbackServerContext* context,
      const v1::ReloadJailsRequest* request,
      v1::ReloadJailsResponse* response) override;
  grpc::ServerUnaryReactor* ExplainSource(
      grpc::CallbackServerContext* context,
      const v1::ExplainSourceRequest* request,
      v1::ExplainSourceResponse* response) override;
  grpc::ServerUnaryReactor* SummarizeFailures(
      grpc::CallbackServerContext* context,
      const v1::SummarizeFailuresRequest* request,
      v1::SummarizeFailuresResponse* response) override;
  grpc::ServerUnaryReactor* ListAuditRecords(
      grpc::CallbackServerContext* context,
      const v1::ListAuditRecordsRequest* request,
      v1::ListAuditRecordsResponse* response) override;

  // The rails; in admin_service_rails.cc.
  grpc::ServerUnaryReactor* AllowSource(
      grpc::CallbackServerContext* context,
      const v1::AllowSourceRequest* request,
      v1::AllowSourceResponse* response) override;
  grpc::ServerUnaryReactor* DisallowSource(
      grpc::CallbackServerContext* context,
      const v1::DisallowSourceRequest* request,
      v1::DisallowSourceResponse* response) override;
  grpc::ServerUnaryReactor* ListAllowedSources(
      grpc::CallbackServerContext* context,
      const v1::ListAllowedSourcesRequest* request,
      v1::ListAllowedSourcesResponse* response) override;
  grpc::ServerUnaryReactor* PauseEnforcement(
      grpc::CallbackServerContext* context,
      const v1::PauseEnforcementRequest* request,
      v1::PauseEnforcementResponse* response) override;
  grpc::ServerUnaryReactor* ResumeEnforcement(
      grpc::CallbackServerContext* context,
      const v1::ResumeEnforcementRequest* request,
      v1::ResumeEnforcementResponse* response) override;
  grpc::ServerUnaryReactor* UndoBans(grpc::CallbackServerContext* context,
                                     const v1::UndoBansRequest* request,
                                     v1::UndoBansResponse* response) override;
  grpc::ServerUnaryReactor* ListHeldBans(
      grpc::CallbackServerContext* context,
      const v1::ListHeldBansRequest* request,
      v1::ListHeldBansResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseHeldBans(
      grpc::CallbackServerContext* context,
      const v1::ReleaseHeldBansRequest* request,
      v1::ReleaseHeldBansResponse* response) override;
  grpc::ServerUnaryReactor* DropHeldBans(
      grpc::CallbackServerContext* context,
      const v1::DropHeldBansRequest* request,
      v1::DropHeldBansResponse* response) override;

 private:
  v1::Reach ReachOf(uint64_t source_count) const;

  // Answers a call of `who` that decides on held bans, or only says on how
  // many.
  using DecideHeld = void (DecisionLoop::*)(HeldSelection, std::string,
                                            DecisionLoop::CountDone);
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* DecideHeldBans(grpc::CallbackServerContext* context,
                                           const std::string& who,
                                           const Request& request,
                                           Response* response,
                                           DecideHeld decide);

  Parts parts_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ADMIN_SERVICE_H_
