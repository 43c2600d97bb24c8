#include "coordinator/admin_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/grpc_status.h"
#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "coordinator/admin_call.h"
#include "coordinator/audit_convert.h"
#include "coordinator/explanation_convert.h"
#include "coordinator/failure_summary_convert.h"
#include "coordinator/rail_convert.h"
#include "coordinator/source_explanation.h"

namespace mxban {
namespace {

absl::StatusOr<BanRequest> RequestOf(const v1::ImposeBanRequest& message) {
  BanRequest request;
  request.jail = message.jail();
  ASSIGN_OR_RETURN(request.source, IpNetwork::Parse(message.source()));
  if (message.permanent() && message.has_duration()) {
    return absl::InvalidArgumentError("a permanent ban has no duration");
  }
  if (message.permanent()) request.duration = absl::InfiniteDuration();
  if (message.has_duration()) {
    ASSIGN_OR_RETURN(request.duration, LengthOf(message.duration()));
  }
  request.reason = PrintableText(message.reason(), kLongestReason);
  request.wide = message.wide();
  request.validate_only = message.validate_only();
  return request;
}

// A stream that is over before it began.
class RefusedWatch final
    : public grpc::ServerWriteReactor<v1::WatchBansResponse> {
 public:
  explicit RefusedWatch(const absl::Status& status) {
    Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

v1::AgentStatus StatusOf(const AgentInfo& agent, uint64_t failure_count) {
  v1::AgentStatus status;
  status.set_server_name(agent.server_name);
  status.set_connected(agent.connected);
  status.set_peer(agent.peer);
  status.set_agent_version(agent.version);
  status.set_firewall(agent.firewall);
  status.set_enforced_revision(agent.enforced_revision);
  status.set_enforcement_error(std::string(agent.status.message()));
  status.set_enforcement_problem(ProblemToProto(agent.status.code()));
  *status.mutable_contact_time() = TimestampToProto(agent.contact_time);
  status.set_failure_count(failure_count);
  return status;
}

uint64_t CountIn(const absl::flat_hash_map<std::string, uint64_t>& counts,
                 const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::GetStatus(
    grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
    v1::GetStatusResponse* response) {
  CALLER_OR_REPLY(caller, "GetStatus");
  const DecisionStatistics statistics = parts_.loop.statistics();
  const AgentRegistry::Totals agents = parts_.registry.GetTotals();
  response->set_version(kVersion);
  *response->mutable_start_time() = TimestampToProto(parts_.start_time);
  response->set_history_id(parts_.history_id);
  response->set_revision(parts_.table.revision());
  response->set_jail_count(static_cast<uint32_t>(parts_.table.jails()->size()));
  response->set_ban_count(parts_.table.size());
  response->set_tracked_source_count(statistics.tracked_sources);
  response->set_agent_count(static_cast<uint32_t>(agents.agents));
  response->set_connected_agent_count(static_cast<uint32_t>(agents.connected));
  response->set_current_agent_count(static_cast<uint32_t>(agents.current));
  response->set_failure_count(statistics.failures);
  response->set_good_sender_count(statistics.good_senders);
  response->set_store_salvage(parts_.store_salvage);
  const std::shared_ptr<const RailState> rails = parts_.loop.rails();
  if (rails->pause) *response->mutable_pause() = PauseToProto(*rails->pause);
  response->set_held_ban_count(parts_.loop.held_bans().size());
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::ListBans(
    grpc::CallbackServerContext* context, const v1::ListBansRequest* request,
    v1::ListBansResponse* response) {
  CALLER_OR_REPLY(caller, "ListBans");
  const absl::StatusOr<std::optional<BanKey>> after =
      KeyOfToken(request->page_token());
  if (!after.ok()) return Reply(context, after.status());
  const size_t page_size = PageSize(request->page_size());
  const std::vector<Ban> bans =
      parts_.table.List(*after, page_size, request->jail());
  for (const Ban& ban : bans) {
    *response->add_bans() = BanStatusOf(ban, parts_.registry);
  }
  if (bans.size() == page_size) {
    response->set_next_page_token(TokenOf(bans.back().key));
  }
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::ImposeBan(
    grpc::CallbackServerContext* context, const v1::ImposeBanRequest* request,
    v1::ImposeBanResponse* response) {
  CALLER_OR_REPLY(caller, "ImposeBan");
  absl::StatusOr<BanRequest> wanted = RequestOf(*request);
  if (!wanted.ok()) return Reply(context, wanted.status());
  wanted->who = caller->name;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.ImposeBan(*std::move(wanted),
                        [reactor, response](const absl::StatusOr<Ban>& ban) {
                          if (ban.ok())
                            *response->mutable_ban() = BanToProto(*ban);
                          reactor->Finish(ToGrpcStatus(ban.status()));
                        });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::PardonBan(
    grpc::CallbackServerContext* context, const v1::PardonBanRequest* request,
    v1::PardonBanResponse* response) {
  CALLER_OR_REPLY(caller, "PardonBan");
  const absl::StatusOr<IpNetwork> source = IpNetwork::Parse(request->source());
  if (!source.ok()) return Reply(context, source.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.PardonBans(
      *source, request->jail(), caller->name,
      [reactor, response](const absl::StatusOr<std::vector<Ban>>& bans) {
        if (bans.ok()) {
          for (const Ban& ban : *bans) *response->add_bans() = BanToProto(ban);
        }
        reactor->Finish(ToGrpcStatus(bans.status()));
      });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchBansResponse>* AdminService::WatchBans(
    grpc::CallbackServerContext* context, const v1::WatchBansRequest*) {
  const absl::StatusOr<Caller> caller =
      parts_.access.Check(*context, "WatchBans");
  if (!caller.ok()) return new RefusedWatch(caller.status());
  return parts_.watch.NewStream(*context,
                                parts_.access.Follow(*context, "WatchBans"));
}

grpc::ServerUnaryReactor* AdminService::ListAgents(
    grpc::CallbackServerContext* context, const v1::ListAgentsRequest* request,
    v1::ListAgentsResponse* response) {
  CALLER_OR_REPLY(caller, "ListAgents");
  const size_t page_size = PageSize(request->page_size());
  const DecisionStatistics statistics = parts_.loop.statistics();
  const std::vector<AgentInfo> agents =
      parts_.registry.List(request->page_token(), page_size);
  for (const AgentInfo& agent : agents) {
    *response->add_agents() = StatusOf(
        agent, CountIn(statistics.failures_by_server, agent.server_name));
  }
  if (agents.size() == page_size) {
    response->set_next_page_token(agents.back().server_name);
  }
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::ListJails(
    grpc::CallbackServerContext* context, const v1::ListJailsRequest* request,
    v1::ListJailsResponse* response) {
  CALLER_OR_REPLY(caller, "ListJails");
  const size_t page_size = PageSize(request->page_size());
  const DecisionStatistics statistics = parts_.loop.statistics();
  const std::shared_ptr<const JailSet> jails = parts_.table.jails();
  for (auto next = jails->upper_bound(request->page_token());
       next != jails->end(); ++next) {
    if (response->jails_size() == static_cast<int>(page_size)) {
      response->set_next_page_token(
          response->jails(response->jails_size() - 1).jail().name());
      break;
    }
    v1::JailStatus& status = *response->add_jails();
    *status.mutable_jail() = JailToProto(next->second);
    status.set_ban_count(parts_.table.CountOf(next->first));
    status.set_failure_count(CountIn(statistics.failures_by_jail, next->first));
  }
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::ReloadJails(
    grpc::CallbackServerContext* context, const v1::ReloadJailsRequest*,
    v1::ReloadJailsResponse* response) {
  CALLER_OR_REPLY(caller, "ReloadJails");
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.reload_jails(
      caller->name, [reactor, response](absl::StatusOr<size_t> jail_count) {
        if (jail_count.ok()) {
          response->set_jail_count(static_cast<uint32_t>(*jail_count));
          return reactor->Finish(grpc::Status::OK);
        }
        // Whatever is wrong with the files: it is not the request.
        const absl::Status& refusal = jail_count.status();
        reactor->Finish(ToGrpcStatus(
            absl::IsUnavailable(refusal)
                ? refusal
                : absl::FailedPreconditionError(refusal.message())));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ExplainSource(
    grpc::CallbackServerContext* context,
    const v1::ExplainSourceRequest* request,
    v1::ExplainSourceResponse* response) {
  CALLER_OR_REPLY(caller, "ExplainSource");
  const absl::StatusOr<IpNetwork> source = IpNetwork::Parse(request->source());
  if (!source.ok()) return Reply(context, source.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.Inspect([this, reactor, response, source = *source](
                          const absl::StatusOr<DecisionLoop::View>& view) {
    if (!view.ok()) return reactor->Finish(ToGrpcStatus(view.status()));
    const absl::StatusOr<SourceExplanation> explanation =
        mxban::ExplainSource(*view, source);
    if (explanation.ok()) {
      *response = ExplanationToProto(*explanation, parts_.registry);
    }
    reactor->Finish(ToGrpcStatus(explanation.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::SummarizeFailures(
    grpc::CallbackServerContext* context,
    const v1::SummarizeFailuresRequest* request,
    v1::SummarizeFailuresResponse* response) {
  CALLER_OR_REPLY(caller, "SummarizeFailures");
  const auto selection =
      FailureSelectionFromProto(*request, parts_.clock.TimeNow());
  if (!selection.ok()) return Reply(context, selection.status());
  *response =
      FailureSummaryToProto(parts_.loop.recent_failures().Summarize(*selection),
                            parts_.table, parts_.start_time);
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::ListAuditRecords(
    grpc::CallbackServerContext* context,
    const v1::ListAuditRecordsRequest* request,
    v1::ListAuditRecordsResponse* response) {
  CALLER_OR_REPLY(caller, "ListAuditRecords");
  absl::StatusOr<AuditQuery> query = AuditQueryFromProto(*request);
  if (!query.ok()) return Reply(context, query.status());
  query->limit = PageSize(request->page_size());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.Inspect([reactor, response, query = *std::move(query)](
                          const absl::StatusOr<DecisionLoop::View>& view) {
    if (!view.ok()) return reactor->Finish(ToGrpcStatus(view.status()));
    const absl::StatusOr<std::vector<AuditRecord>> records =
        view->store.AuditPage(query);
    if (!records.ok()) return reactor->Finish(ToGrpcStatus(records.status()));
    for (const AuditRecord& record : *records) {
      *response->add_records() = AuditRecordToProto(record);
    }
    if (records->size() == query.limit) {
      response->set_next_page_token(AuditTokenOf(records->back()));
    }
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

}  // namespace mxban
