// The calls of AdminService that concern the rails.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "coordinator/admin_call.h"
#include "coordinator/admin_service.h"
#include "coordinator/allowed_word.h"
#include "coordinator/effective_jails.h"
#include "coordinator/held_bans.h"
#include "coordinator/rail_convert.h"
#include "coordinator/rail_records.h"

namespace mxban {
namespace {

// Of an allowed source; the rest is only counted by whoever looks.
constexpr size_t kListedNetworks = 100;

v1::AllowedSource Listed(AllowedSource allowed) {
  if (allowed.networks.size() > kListedNetworks) {
    allowed.networks.resize(kListedNetworks);
  }
  return AllowedSourceToProto(allowed);
}

absl::StatusOr<HeldSelection> SelectionOf(const v1::HeldBanSelection& message) {
  HeldSelection selection;
  selection.jail = message.jail();
  if (message.source().empty()) return selection;
  ASSIGN_OR_RETURN(selection.source, IpNetwork::Parse(message.source()));
  return selection;
}

absl::StatusOr<AllowRequest> RequestOf(const v1::AllowSourceRequest& message,
                                       const AllowedWord& word,
                                       std::string who) {
  AllowRequest request;
  request.source = word.text;
  request.reason = PrintableText(message.reason(), kLongestReason);
  request.who = std::move(who);
  request.networks = word.list.networks;
  if (!message.has_duration()) return request;
  ASSIGN_OR_RETURN(request.duration, LengthOf(message.duration()));
  return request;
}

}  // namespace

v1::Reach AdminService::ReachOf(uint64_t source_count) const {
  v1::Reach reach;
  reach.set_server_count(
      static_cast<uint32_t>(parts_.registry.GetTotals().connected));
  reach.set_source_count(source_count);
  return reach;
}

grpc::ServerUnaryReactor* AdminService::AllowSource(
    grpc::CallbackServerContext* context, const v1::AllowSourceRequest* request,
    v1::AllowSourceResponse* response) {
  CALLER_OR_REPLY(caller, "AllowSource");
  const absl::StatusOr<AllowedWord> word = ParseAllowedWord(request->source());
  if (!word.ok()) return Reply(context, word.status());
  absl::StatusOr<AllowRequest> wanted =
      RequestOf(*request, *word, caller->name);
  if (!wanted.ok()) return Reply(context, wanted.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto done = [reactor, response](
                        const absl::StatusOr<DecisionLoop::Allowed>& outcome) {
    if (outcome.ok()) {
      *response->mutable_allowed() = Listed(outcome->allowed);
      for (const Ban& ban : outcome->ended) {
        *response->add_ended_bans() = BanToProto(ban);
      }
    }
    reactor->Finish(ToGrpcStatus(outcome.status()));
  };
  if (word->is_network()) {
    parts_.loop.AllowSource(*std::move(wanted), done);
  } else {
    parts_.allow_named(*std::move(wanted), done);
  }
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::DisallowSource(
    grpc::CallbackServerContext* context,
    const v1::DisallowSourceRequest* request,
    v1::DisallowSourceResponse* response) {
  CALLER_OR_REPLY(caller, "DisallowSource");
  const absl::StatusOr<AllowedWord> word = ParseAllowedWord(request->source());
  if (!word.ok()) return Reply(context, word.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.DisallowSource(
      word->text, caller->name,
      [reactor, response](const absl::StatusOr<AllowedSource>& allowed) {
        if (allowed.ok()) *response->mutable_allowed() = Listed(*allowed);
        reactor->Finish(ToGrpcStatus(allowed.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ListAllowedSources(
    grpc::CallbackServerContext* context,
    const v1::ListAllowedSourcesRequest* request,
    v1::ListAllowedSourcesResponse* response) {
  CALLER_OR_REPLY(caller, "ListAllowedSources");
  const size_t page_size = PageSize(request->page_size());
  const std::shared_ptr<const RailState> rails = parts_.loop.rails();
  const auto& allowed = rails->allowed;
  for (auto next = allowed.upper_bound(request->page_token());
       next != allowed.end(); ++next) {
    if (response->allowed_size() == static_cast<int>(page_size)) {
      response->set_next_page_token(
          response->allowed(response->allowed_size() - 1).source());
      break;
    }
    *response->add_allowed() = Listed(next->second);
  }
  return Reply(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* AdminService::PauseEnforcement(
    grpc::CallbackServerContext* context,
    const v1::PauseEnforcementRequest* request,
    v1::PauseEnforcementResponse* response) {
  CALLER_OR_REPLY(caller, "PauseEnforcement");
  *response->mutable_reach() =
      ReachOf(parts_.table.CountSources([](const Ban&) { return true; }));
  if (request->validate_only()) return Reply(context, absl::OkStatus());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  Pause pause;
  pause.who = caller->name;
  pause.reason = PrintableText(request->reason(), kLongestReason);
  parts_.loop.PauseEnforcement(std::move(pause),
                               [reactor](const absl::Status& status) {
                                 reactor->Finish(ToGrpcStatus(status));
                               });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ResumeEnforcement(
    grpc::CallbackServerContext* context,
    const v1::ResumeEnforcementRequest* request,
    v1::ResumeEnforcementResponse* response) {
  CALLER_OR_REPLY(caller, "ResumeEnforcement");
  *response->mutable_reach() =
      ReachOf(parts_.table.CountSources([](const Ban&) { return true; }));
  if (request->validate_only()) return Reply(context, absl::OkStatus());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.ResumeEnforcement(caller->name,
                                [reactor](const absl::Status& status) {
                                  reactor->Finish(ToGrpcStatus(status));
                                });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::UndoBans(
    grpc::CallbackServerContext* context, const v1::UndoBansRequest* request,
    v1::UndoBansResponse* response) {
  CALLER_OR_REPLY(caller, "UndoBans");
  if (!request->has_since()) {
    return Reply(context, absl::InvalidArgumentError("since: not given"));
  }
  const absl::StatusOr<absl::Time> since = TimestampFromProto(request->since());
  if (!since.ok()) return Reply(context, since.status());
  const UndoSelection selection = {*since, request->jail()};
  // Bans of a jail that is gone can still be undone.
  if (!selection.jail.empty() && parts_.table.CountOf(selection.jail) == 0 &&
      !parts_.table.jails()->contains(selection.jail)) {
    return Reply(context, NoSuchJail(selection.jail));
  }
  if (request->validate_only()) {
    *response->mutable_reach() = ReachOf(parts_.table.CountSources(
        [&](const Ban& ban) { return selection.Matches(ban); }));
    return Reply(context, absl::OkStatus());
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop.UndoBans(
      selection, caller->name,
      [this, reactor, response](const absl::StatusOr<uint64_t>& count) {
        if (count.ok()) *response->mutable_reach() = ReachOf(*count);
        reactor->Finish(ToGrpcStatus(count.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ListHeldBans(
    grpc::CallbackServerContext* context,
    const v1::ListHeldBansRequest* request,
    v1::ListHeldBansResponse* response) {
  CALLER_OR_REPLY(caller, "ListHeldBans");
  const absl::StatusOr<std::optional<BanKey>> after =
      KeyOfToken(request->page_token());
  if (!after.ok()) return Reply(context, after.status());
  const size_t page_size = PageSize(request->page_size());
  const std::vector<HeldBan> held =
      parts_.loop.held_bans().List(*after, page_size);
  for (const HeldBan& one : held) {
    *response->add_held_bans() = HeldBanToProto(one);
  }
  if (held.size() == page_size) {
    response->set_next_page_token(TokenOf(held.back().ban.key));
  }
  return Reply(context, absl::OkStatus());
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* AdminService::DecideHeldBans(
    grpc::CallbackServerContext* context, const std::string& who,
    const Request& request, Response* response, DecideHeld decide) {
  const absl::StatusOr<HeldSelection> selection =
      SelectionOf(request.selection());
  if (!selection.ok()) return Reply(context, selection.status());
  if (request.validate_only()) {
    const uint64_t count = parts_.loop.held_bans().CountSources(*selection);
    *response->mutable_reach() = ReachOf(count);
    return Reply(context,
                 count > 0 ? absl::OkStatus() : NothingHeld(*selection));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (parts_.loop.*decide)(
      *selection, who,
      [this, reactor, response](const absl::StatusOr<uint64_t>& count) {
        if (count.ok()) *response->mutable_reach() = ReachOf(*count);
        reactor->Finish(ToGrpcStatus(count.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ReleaseHeldBans(
    grpc::CallbackServerContext* context,
    const v1::ReleaseHeldBansRequest* request,
    v1::ReleaseHeldBansResponse* response) {
  CALLER_OR_REPLY(caller, "ReleaseHeldBans");
  return DecideHeldBans(context, caller->name, *request, response,
                        &DecisionLoop::ReleaseHeldBans);
}

grpc::ServerUnaryReactor* AdminService::DropHeldBans(
    grpc::CallbackServerContext* context,
    const v1::DropHeldBansRequest* request,
    v1::DropHeldBansResponse* response) {
  CALLER_OR_REPLY(caller, "DropHeldBans");
  return DecideHeldBans(context, caller->name, *request, response,
                        &DecisionLoop::DropHeldBans);
}

}  // namespace mxban
