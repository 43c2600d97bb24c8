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
  std::vector<v1::WatchBansResponse> changes;  // What a watch is told.
  bool watch_lasts = false;                    // Until the client leaves,
  grpc::Status watch_end;                      // or ends so at once.
  int max_page_size = 1'000;

  grpc::Status next_error;     // Of the next call, once.
  bool silent = false;         // Answers when the client has given up.
  bool repeats_pages = false;  // A broken coordinator.

  int list_calls = 0;
  v1::ImposeBanRequest imposed;  // The last one asked for, as below.
  v1::ExplainSourceRequest explained;
  v1::ListAuditRecordsRequest audited;

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
  grpc::Status ListAuditRecords(
      grpc::ServerContext* context, const v1::ListAuditRecordsRequest* request,
      v1::ListAuditRecordsResponse* response) override;

 private:
  // What is to go wrong with this call, if anything.
  grpc::Status TakeError(grpc::ServerContext* context);
};

}  // namespace mxban::ctl

#endif  // MXBAN_TESTS_CTL_FAKE_ADMIN_SERVICE_H_
