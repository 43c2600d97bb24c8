#ifndef MXBAN_COORDINATOR_ADMIN_SERVICE_H_
#define MXBAN_COORDINATOR_ADMIN_SERVICE_H_

// The gRPC edge towards operators.
//
// Thread-safe.

#include <functional>
#include <memory>
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

  // All must outlive the service.
  struct Parts {
    DecisionLoop& loop;
    const BanTable& table;
    const AgentRegistry& registry;
    BanWatch& watch;
    const AdminAccess& access;
    ReloadJailSet reload_jails;
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
  grpc::ServerUnaryReactor* ListAuditRecords(
      grpc::CallbackServerContext* context,
      const v1::ListAuditRecordsRequest* request,
      v1::ListAuditRecordsResponse* response) override;

 private:
  Parts parts_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ADMIN_SERVICE_H_
