#ifndef MXBAN_TESTS_CTL_FAKE_ADMIN_SERVICE_H_
#define MXBAN_TESTS_CTL_FAKE_ADMIN_SERVICE_H_

// A coordinator made of lists: does as it is told, at once, until told to fail.
//
// What it holds is set up by a test before the first call. Pages are as small
// as `max_page_size` says.

#include <cstddef>
#include <string>
#include <vector>

#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban::ctl {

// Thread-compatible: one call at a time.
class FakeAdminService final : public v1::AdminService::Service {
 public:
  v1::GetStatusResponse status;
  std::vector<v1::BanStatus> bans;
  std::vector<v1::AgentStatus> agents;
  std::vector<v1::JailStatus> jails;
  std::vector<v1::AuditRecord> records;
  v1::ExplainSourceResponse explanation;
  v1::SummarizeFailuresResponse summary;
  std::vector<v1::WatchBansResponse> changes;  // What a watch is told.
  bool watch_lasts = false;                    // Until the client leaves,
  grpc::Status watch_end;                      // or ends so at once.
  int max_page_size = 1'000;

  grpc::Status next_error;     // Of the next call, once.
  bool silent = false;         // Answers when the client has given up.
  bool repeats_pages = false;  // A broken coordinator.

  std::vector<v1::AllowedSource> allowed;
  std::vector<v1::HeldBan> held;
  v1::Reach reach;  // Of whatever is asked.

  int list_calls = 0;
  // The calls about the rails, as `NAME` or `NAME?` if it only asked.
  std::vector<std::string> rail_calls;
  v1::AllowSourceRequest allow;  // The last of each, as below.
  v1::UndoBansRequest undo;
  v1::PauseEnforcementRequest pause;
  v1::HeldBanSelection selection;
  v1::ImposeBanRequest imposed;
  v1::ExplainSourceRequest explained;
  v1::ListAuditRecordsRequest audited;
  v1::SummarizeFailuresRequest summarized;

  grpc::Status GetStatus(grpc::ServerContext* context,
                         const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;
  grpc::Status ListBans(grpc::ServerContext* context,
                        const v1::ListBansRequest* request,
                        v1::ListBansResponse* response) override;
  grpc::Status ImposeBan(grpc::ServerContext* context,
                         const v1::ImposeBanRequest* request,
                         v1::ImposeBanResponse* response) override;
  grpc::Status PardonBan(grpc::ServerContext* context,
                         const v1::PardonBanRequest* request,
                         v1::PardonBanResponse* response) override;
  grpc::Status WatchBans(
      grpc::ServerContext* context, const v1::WatchBansRequest* request,
      grpc::ServerWriter<v1::WatchBansResponse>* writer) override;
  grpc::Status ListAgents(grpc::ServerContext* context,
                          const v1::ListAgentsRequest* request,
                          v1::ListAgentsResponse* response) override;
  grpc::Status ListJails(grpc::ServerContext* context,
                         const v1::ListJailsRequest* request,
                         v1::ListJailsResponse* response) override;
  grpc::Status ReloadJails(grpc::ServerContext* context,
                           const v1::ReloadJailsRequest* request,
                           v1::ReloadJailsResponse* response) override;
  grpc::Status ExplainSource(grpc::ServerContext* context,
                             const v1::ExplainSourceRequest* request,
                             v1::ExplainSourceResponse* response) override;
  grpc::Status SummarizeFailures(
      grpc::ServerContext* context, const v1::SummarizeFailuresRequest* request,
      v1::SummarizeFailuresResponse* response) override;
  grpc::Status ListAuditRecords(
      grpc::ServerContext* context, const v1::ListAuditRecordsRequest* request,
      v1::ListAuditRecordsResponse* response) override;
  grpc::Status AllowSource(grpc::ServerContext* context,
                           const v1::AllowSourceRequest* request,
                           v1::AllowSourceResponse* response) override;
  grpc::Status DisallowSource(grpc::ServerContext* context,
                              const v1::DisallowSourceRequest* request,
                              v1::DisallowSourceResponse* response) override;
  grpc::Status ListAllowedSources(
      grpc::ServerContext* context,
      const v1::ListAllowedSourcesRequest* request,
      v1::ListAllowedSourcesResponse* response) override;
  grpc::Status PauseEnforcement(
      grpc::ServerContext* context, const v1::PauseEnforcementRequest* request,
      v1::PauseEnforcementResponse* response) override;
  grpc::Status ResumeEnforcement(
      grpc::ServerContext* context, const v1::ResumeEnforcementRequest* request,
      v1::ResumeEnforcementResponse* response) override;
  grpc::Status UndoBans(grpc::ServerContext* context,
                        const v1::UndoBansRequest* request,
                        v1::UndoBansResponse* response) override;
  grpc::Status ListHeldBans(grpc::ServerContext* context,
                            const v1::ListHeldBansRequest* request,
                            v1::ListHeldBansResponse* response) override;
  grpc::Status ReleaseHeldBans(grpc::ServerContext* context,
                               const v1::ReleaseHeldBansRequest* request,
                               v1::ReleaseHeldBansResponse* response) override;
  grpc::Status DropHeldBans(grpc::ServerContext* context,
                            const v1::DropHeldBansRequest* request,
                            v1::DropHeldBansResponse* response) override;

 private:
  // Answers a call about the rails that only says whom it touches.
  template <typename Request, typename Response>
  grpc::Status Touch(grpc::ServerContext* context, const std::string& name,
                     const Request& request, Response& response) {
    if (grpc::Status error = TakeError(context); !error.ok()) return error;
    rail_calls.push_back(name + (request.validate_only() ? "?" : ""));
    *response.mutable_reach() = reach;
    return grpc::Status::OK;
  }

  // What is to go wrong with this call, if anything.
  grpc::Status TakeError(grpc::ServerContext* context);
};

}  // namespace mxban::ctl

#endif  // MXBAN_TESTS_CTL_FAKE_ADMIN_SERVICE_H_
