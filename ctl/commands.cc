#include "ctl/commands.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "ctl/audit_view.h"
#include "ctl/ban_view.h"
#include "ctl/call.h"
#include "ctl/explain_view.h"
#include "ctl/fleet_view.h"
#include "ctl/format.h"
#include "ctl/list.h"
#include "ctl/table.h"

namespace mxban::ctl {
namespace {

using Stub = v1::AdminService::StubInterface;

// The jails that enforce nothing.
absl::StatusOr<std::set<std::string>> DryRuns(const Session& session) {
  std::set<std::string> names;
  const auto collect = [&](const v1::ListJailsResponse& page) {
    for (const v1::JailStatus& status : page.jails()) {
      if (status.jail().dry_run()) names.insert(status.jail().name());
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      ForEachPage(session, &Stub::ListJails, v1::ListJailsRequest(), collect));
  return names;
}

absl::Status ShowAgent(const Session& session, const std::string& server,
                       const FleetState& fleet) {
  std::optional<v1::AgentStatus> found;
  const auto look = [&](const v1::ListAgentsResponse& page) {
    for (const v1::AgentStatus& agent : page.agents()) {
      if (agent.server_name() == server) found = agent;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      ForEachPage(session, &Stub::ListAgents, v1::ListAgentsRequest(), look));
  if (!found.has_value()) {
    return absl::NotFoundError(absl::StrCat(
        "no agent of '", server, "' was seen since the coordinator started"));
  }
  if (session.IsForPrograms()) return PrintRecord(session, *found);
  Table table = AgentTable();
  AddAgentRow(*found, fleet, table);
  table.Print(session.out);
  return CheckOutput(session.out);
}

}  // namespace

absl::Status ShowStatus(const Session& session) {
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  if (session.IsForPrograms()) return PrintRecord(session, status);
  PrintStatus(status, session.clock.TimeNow(), session.out);
  return absl::OkStatus();
}

absl::Status ListBans(const Session& session, const std::string& jail) {
  v1::ListBansRequest request;
  request.set_jail(jail);
  std::set<std::string> dry_runs;
  if (!session.IsForPrograms()) {
    ASSIGN_OR_RETURN(dry_runs, DryRuns(session));
  }
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session, List{&Stub::ListBans, request, BanTable()},
                [&](const v1::BanStatus& status, Table& table) {
                  AddBanRow(status, dry_runs.contains(status.ban().jail()),
                            session.clock.TimeNow(), table);
                }));
  if (session.IsForPrograms()) return absl::OkStatus();
  PrintLine(session.out, absl::StrCat(DescribeBanCount(count),
                                      jail.empty() ? "" : " in jail ", jail));
  return absl::OkStatus();
}

absl::Status ImposeBan(const Session& session,
                       const v1::ImposeBanRequest& request) {
  ASSIGN_OR_RETURN(const v1::ImposeBanResponse response,
                   Call(session, &Stub::ImposeBan, request));
  if (session.IsForPrograms()) return PrintRecord(session, response.ban());
  PrintImposed(response.ban(), request.validate_only(), session.clock.TimeNow(),
               session.out);
  return absl::OkStatus();
}

absl::Status PardonBan(const Session& session,
                       const v1::PardonBanRequest& request) {
  ASSIGN_OR_RETURN(const v1::PardonBanResponse response,
                   Call(session, &Stub::PardonBan, request));
  if (session.IsForPrograms()) return PrintRecords(session, response.bans());
  for (const v1::Ban& ban : response.bans()) PrintPardoned(ban, session.out);
  return absl::OkStatus();
}

absl::Status ListAgents(const Session& session, const std::string& server) {
  // Asked first: an agent may be ahead of this revision, but not seem behind.
  ASSIGN_OR_RETURN(const v1::GetStatusResponse status, GetStatus(session));
  const FleetState fleet = {.revision = status.revision(),
                            .now = session.clock.TimeNow()};
  if (!server.empty()) return ShowAgent(session, server, fleet);
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session,
                List{&Stub::ListAgents, v1::ListAgentsRequest(), AgentTable()},
                [&](const v1::AgentStatus& agent, Table& table) {
                  AddAgentRow(agent, fleet, table);
                }));
  if (!session.IsForPrograms() && count == 0) {
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
  if (!session.IsForPrograms() && count == 0) {
    PrintLine(session.out, "no jails are in force");
  }
  return absl::OkStatus();
}

absl::Status ReloadJails(const Session& session) {
  ASSIGN_OR_RETURN(const v1::ReloadJailsResponse response,
                   Call(session, &Stub::ReloadJails, v1::ReloadJailsRequest()));
  if (session.IsForPrograms()) return PrintRecord(session, response);
  PrintLine(session.out,
            absl::StrCat("reloaded, ", SayCount(response.jail_count(), "jail"),
                         " in force"));
  return absl::OkStatus();
}

absl::Status ExplainSource(const Session& session,
                           const v1::ExplainSourceRequest& request) {
  ASSIGN_OR_RETURN(const v1::ExplainSourceResponse explanation,
                   Call(session, &Stub::ExplainSource, request));
  if (session.IsForPrograms()) return PrintRecord(session, explanation);
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
  if (!session.IsForPrograms() && count == 0) {
    PrintLine(session.out, "no records");
  }
  return absl::OkStatus();
}

}  // namespace mxban::ctl
