#include "ctl/commands.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "ctl/audit_view.h"
#include "ctl/ban_view.h"
#include "ctl/call.h"
#include "ctl/explain_view.h"
#include "ctl/fleet_view.h"
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/list.h"
#include "ctl/table.h"

namespace mxban::ctl {
namespace {

using Stub = v1::AdminService::StubInterface;

absl::StatusOr<v1::GetStatusResponse> GetStatus(const Session& session) {
  return Call(session, &Stub::GetStatus, v1::GetStatusRequest());
}

// `no bans stand in jail ssh`, `2 bans stand`.
std::string DescribeBanCount(uint64_t count, const std::string& jail) {
  return absl::StrCat(SayCount(count, "ban"), count == 1 ? " stands" : " stand",
                      jail.empty() ? "" : " in jail ", jail);
}

// The jails that enforce nothing.
absl::StatusOr<std::set<std::string>> DryRuns(const Session& session) {
  std::set<std::string> names;
  const auto collect = [&](const v1::ListJailsResponse& page) {
    for (const v1::JailStatus& status : page.jails()) {
      if (status.jail().dry_run()) names.insert(status.jail().name());
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR((ForEachPage<v1::ListJailsRequest, v1::ListJailsResponse>(
      session, &Stub::ListJails, v1::ListJailsRequest(), collect)));
  return names;
}

// Prints one change at once.
absl::Status PrintWatched(const Session& session,
                          const v1::WatchBansResponse& change) {
  if (session.json) {
    RETURN_IF_ERROR(PrintJsonLine(change, session.out));
  } else {
    PrintChange(change, session.zone, session.out);
  }
  session.out.flush();
  return CheckOutput(session.out);
}

}  // namespace

absl::Status ShowStatus(const Session& session) {
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  if (session.json) return PrintJsonLine(status, session.out);
  PrintStatus(status, session.clock.TimeNow(), session.out);
  return absl::OkStatus();
}

absl::Status ListBans(const Session& session, const std::string& jail) {
  v1::ListBansRequest request;
  request.set_jail(jail);
  std::set<std::string> dry_runs;
  if (!session.json) {
    ASSIGN_OR_RETURN(dry_runs, DryRuns(session));
  }
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session, List{&Stub::ListBans, request, BanTable()},
                [&](const v1::BanStatus& status, Table& table) {
                  AddBanRow(status, dry_runs.contains(status.ban().jail()),
                            session.clock.TimeNow(), table);
                }));
  if (!session.json) PrintLine(session.out, DescribeBanCount(count, jail));
  return absl::OkStatus();
}

absl::Status ImposeBan(const Session& session,
                       const v1::ImposeBanRequest& request) {
  ASSIGN_OR_RETURN(const v1::ImposeBanResponse response,
                   Call(session, &Stub::ImposeBan, request));
  if (session.json) return PrintJsonLine(response.ban(), session.out);
  PrintImposed(response.ban(), session.clock.TimeNow(), session.out);
  return absl::OkStatus();
}

absl::Status PardonBan(const Session& session,
                       const v1::PardonBanRequest& request) {
  ASSIGN_OR_RETURN(const v1::PardonBanResponse response,
                   Call(session, &Stub::PardonBan, request));
  if (session.json) return PrintJsonLines(response.bans(), session.out);
  for (const v1::Ban& ban : response.bans()) PrintPardoned(ban, session.out);
  return absl::OkStatus();
}

absl::Status ListAgents(const Session& session) {
  // Asked first: an agent may be ahead of this revision, but not seem behind.
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session,
                List{&Stub::ListAgents, v1::ListAgentsRequest(), AgentTable()},
                [&](const v1::AgentStatus& agent, Table& table) {
                  AddAgentRow(agent,
                              {.revision = status.revision(),
                               .now = session.clock.TimeNow()},
                              table);
                }));
  if (!session.json && count == 0) {
    PrintLine(session.out, "no agents were seen since the coordinator started");
  }
  return absl::OkStatus();
}

absl::Status ListJails(const Session& session) {
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session,
                List{&Stub::ListJails, v1::ListJailsRequest(), JailTable()},
                AddJailRow));
  if (!session.json && count == 0) {
    PrintLine(session.out, "no jails are in force");
  }
  return absl::OkStatus();
}

absl::Status WatchBans(const Session& session) {
  // A stream may rightly be silent for days; this tells whether anyone is
  // there.
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  if (!session.json) {
    PrintLine(session.out,
              absl::StrCat(DescribeBanCount(status.ban_count(), ""),
                           "; watching, Ctrl-C ends"));
    session.out.flush();
  }
  grpc::ClientContext context;
  const auto changes = session.stub.WatchBans(&context, v1::WatchBansRequest());
  v1::WatchBansResponse change;
  absl::Status printed;
  while (printed.ok() && changes->Read(&change)) {
    printed = PrintWatched(session, change);
  }
  if (!printed.ok()) context.TryCancel();
  const absl::Status end = FromGrpcStatus(changes->Finish());
  if (!printed.ok()) return printed;
  if (!end.ok()) return end;
  return absl::AbortedError("the coordinator ended the stream; watch again");
}

absl::Status ReloadJails(const Session& session) {
  ASSIGN_OR_RETURN(const v1::ReloadJailsResponse response,
                   Call(session, &Stub::ReloadJails, v1::ReloadJailsRequest()));
  if (session.json) return PrintJsonLine(response, session.out);
  PrintLine(session.out,
            absl::StrCat("reloaded, ", SayCount(response.jail_count(), "jail"),
                         " in force"));
  return absl::OkStatus();
}

absl::Status ExplainSource(const Session& session,
                           const v1::ExplainSourceRequest& request) {
  ASSIGN_OR_RETURN(const v1::ExplainSourceResponse explanation,
                   Call(session, &Stub::ExplainSource, request));
  if (session.json) return PrintJsonLine(explanation, session.out);
  PrintExplanation(explanation, session.clock.TimeNow(), session.zone,
                   session.out);
  return CheckOutput(session.out);
}

absl::Status ListAuditRecords(const Session& session,
                              const v1::ListAuditRecordsRequest& request,
                              absl::Duration since) {
  v1::ListAuditRecordsRequest wanted = request;
  if (since != absl::InfiniteDuration()) {
    wanted.mutable_since()->set_seconds(std::max<int64_t>(
        0, absl::ToUnixSeconds(session.clock.TimeNow() - since)));
  }
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session, List{&Stub::ListAuditRecords, wanted, AuditTable()},
                [&](const v1::AuditRecord& record, Table& table) {
                  AddAuditRow(record, session.zone, table);
                }));
  if (!session.json && count == 0) PrintLine(session.out, "no records");
  return absl::OkStatus();
}

}  // namespace mxban::ctl
