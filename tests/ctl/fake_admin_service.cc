#include "tests/ctl/fake_admin_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace mxban::ctl {
namespace {

// Copies the page of `all` that `request` asks for, by `add`, and returns the
// token of the next one.
template <typename Request, typename Message, typename Add>
std::string TakePage(const Request& request, const std::vector<Message>& all,
                     int max_page_size, Add add) {
  size_t begin = 0;
  if (!request.page_token().empty()) {
    if (!absl::SimpleAtoi(request.page_token(), &begin)) return "";
  }
  const size_t end = std::min(
      begin + std::min(request.page_size(), max_page_size), all.size());
  for (size_t i = begin; i < end; ++i) add(all[i]);
  return end < all.size() ? absl::StrCat(end) : "";
}

}  // namespace

grpc::Status FakeAdminService::TakeError(grpc::ServerContext* context) {
  while (silent && !context->IsCancelled())
    absl::SleepFor(absl::Milliseconds(5));
  return std::exchange(next_error, grpc::Status::OK);
}

grpc::Status FakeAdminService::GetStatus(grpc::ServerContext* context,
                                         const v1::GetStatusRequest* request,
                                         v1::GetStatusResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  *response = status;
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ListBans(grpc::ServerContext* context,
                                        const v1::ListBansRequest* request,
                                        v1::ListBansResponse* response) {
  ++list_calls;
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  std::vector<v1::BanStatus> wanted;
  std::copy_if(bans.begin(), bans.end(), std::back_inserter(wanted),
               [&](const v1::BanStatus& status) {
                 return request->jail().empty() ||
                        request->jail() == status.ban().jail();
               });
  response->set_next_page_token(TakePage(
      *request, wanted, max_page_size,
      [&](const v1::BanStatus& status) { *response->add_bans() = status; }));
  if (repeats_pages) response->set_next_page_token("0");
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ImposeBan(grpc::ServerContext* context,
                                         const v1::ImposeBanRequest* request,
                                         v1::ImposeBanResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  imposed = *request;
  v1::Ban& ban = *response->mutable_ban();
  ban.set_jail(request->jail());
  ban.set_source(request->source());
  ban.set_origin(v1::BAN_ORIGIN_OPERATOR);
  ban.set_reason(request->reason());
  if (!request->permanent()) {
    ban.mutable_expire_time()->set_seconds(request->duration().seconds());
  }
  bans.emplace_back();
  *bans.back().mutable_ban() = ban;
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::PardonBan(grpc::ServerContext* context,
                                         const v1::PardonBanRequest* request,
                                         v1::PardonBanResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  std::erase_if(bans, [&](const v1::BanStatus& status) {
    if (status.ban().source() != request->source()) return false;
    if (!request->jail().empty() && request->jail() != status.ban().jail()) {
      return false;
    }
    *response->add_bans() = status.ban();
    return true;
  });
  if (!response->bans().empty()) return grpc::Status::OK;
  return grpc::Status(grpc::StatusCode::NOT_FOUND,
                      request->source() + " is not banned");
}

grpc::Status FakeAdminService::WatchBans(
    grpc::ServerContext* context, const v1::WatchBansRequest* request,
    grpc::ServerWriter<v1::WatchBansResponse>* writer) {
  for (const v1::WatchBansResponse& change : changes) writer->Write(change);
  while (watch_lasts && !context->IsCancelled()) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  return watch_end;
}

grpc::Status FakeAdminService::ListAgents(grpc::ServerContext* context,
                                          const v1::ListAgentsRequest* request,
                                          v1::ListAgentsResponse* response) {
  ++list_calls;
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->set_next_page_token(TakePage(
      *request, agents, max_page_size,
      [&](const v1::AgentStatus& agent) { *response->add_agents() = agent; }));
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ListJails(grpc::ServerContext* context,
                                         const v1::ListJailsRequest* request,
                                         v1::ListJailsResponse* response) {
  ++list_calls;
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->set_next_page_token(TakePage(
      *request, jails, max_page_size,
      [&](const v1::JailStatus& jail) { *response->add_jails() = jail; }));
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ReloadJails(
    grpc::ServerContext* context, const v1::ReloadJailsRequest* request,
    v1::ReloadJailsResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->set_jail_count(jails.size());
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ExplainSource(
    grpc::ServerContext* context, const v1::ExplainSourceRequest* request,
    v1::ExplainSourceResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  explained = *request;
  *response = explanation;
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::SummarizeFailures(
    grpc::ServerContext* context, const v1::SummarizeFailuresRequest* request,
    v1::SummarizeFailuresResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  summarized = *request;
  *response = summary;
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ListAuditRecords(
    grpc::ServerContext* context, const v1::ListAuditRecordsRequest* request,
    v1::ListAuditRecordsResponse* response) {
  ++list_calls;
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  audited = *request;
  response->set_next_page_token(TakePage(*request, records, max_page_size,
                                         [&](const v1::AuditRecord& record) {
                                           *response->add_records() = record;
                                         }));
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::AllowSource(
    grpc::ServerContext* context, const v1::AllowSourceRequest* request,
    v1::AllowSourceResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  allow = *request;
  v1::AllowedSource& one = *response->mutable_allowed();
  one.set_source(request->source());
  one.set_reason(request->reason());
  one.add_networks(request->source());
  if (request->has_duration()) {
    one.mutable_expire_time()->set_seconds(request->duration().seconds());
  }
  for (const v1::BanStatus& status : bans) {
    *response->add_ended_bans() = status.ban();
  }
  bans.clear();
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::DisallowSource(
    grpc::ServerContext* context, const v1::DisallowSourceRequest* request,
    v1::DisallowSourceResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->mutable_allowed()->set_source(request->source());
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ListAllowedSources(
    grpc::ServerContext* context, const v1::ListAllowedSourcesRequest* request,
    v1::ListAllowedSourcesResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->set_next_page_token(TakePage(
      *request, allowed, max_page_size,
      [&](const v1::AllowedSource& one) { *response->add_allowed() = one; }));
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::PauseEnforcement(
    grpc::ServerContext* context, const v1::PauseEnforcementRequest* request,
    v1::PauseEnforcementResponse* response) {
  pause = *request;
  return Touch(context, "pause", *request, *response);
}

grpc::Status FakeAdminService::ResumeEnforcement(
    grpc::ServerContext* context, const v1::ResumeEnforcementRequest* request,
    v1::ResumeEnforcementResponse* response) {
  return Touch(context, "resume", *request, *response);
}

grpc::Status FakeAdminService::UndoBans(grpc::ServerContext* context,
                                        const v1::UndoBansRequest* request,
                                        v1::UndoBansResponse* response) {
  undo = *request;
  return Touch(context, "undo", *request, *response);
}

grpc::Status FakeAdminService::ListHeldBans(
    grpc::ServerContext* context, const v1::ListHeldBansRequest* request,
    v1::ListHeldBansResponse* response) {
  if (grpc::Status error = TakeError(context); !error.ok()) return error;
  response->set_next_page_token(TakePage(
      *request, held, max_page_size,
      [&](const v1::HeldBan& one) { *response->add_held_bans() = one; }));
  return grpc::Status::OK;
}

grpc::Status FakeAdminService::ReleaseHeldBans(
    grpc::ServerContext* context, const v1::ReleaseHeldBansRequest* request,
    v1::ReleaseHeldBansResponse* response) {
  selection = request->selection();
  return Touch(context, "release", *request, *response);
}

grpc::Status FakeAdminService::DropHeldBans(
    grpc::ServerContext* context, const v1::DropHeldBansRequest* request,
    v1::DropHeldBansResponse* response) {
  selection = request->selection();
  return Touch(context, "drop", *request, *response);
}

}  // namespace mxban::ctl
