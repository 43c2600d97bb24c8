#ifndef MXBAN_CTL_COMMANDS_H_
#define MXBAN_CTL_COMMANDS_H_

// What mxbanctl does, one function for each subcommand.
//
// Each asks the coordinator and prints the answer: for people, within 80
// columns, or for programs as records (records.h), one line each:
//
//   status        a GetStatusResponse
//   bans          a BanStatus for each ban
//   ban, unban    a Ban for each ban imposed or pardoned
//   agents        an AgentStatus for each agent
//   jails         a JailStatus for each jail
//   reload        a ReloadJailsResponse
//   explain       an ExplainSourceResponse
//   audit         an AuditRecord for each record, newest first
//   watch         see watch.h
//   top           see top.h
//   the rails     see rail_commands.h
//   import        see import.h
//
// An empty list is an empty output for programs, and said in words to people.
// Lists are fetched and printed page by page, so their length does not matter.
// Errors are the coordinator's or gRPC's own, code and message.

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ctl/session.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

absl::Status ShowStatus(const Session& session);

// An empty `jail` means all of them.
absl::Status ListBans(const Session& session, const std::string& jail);

absl::Status ImposeBan(const Session& session,
                       const v1::ImposeBanRequest& request);
absl::Status PardonBan(const Session& session,
                       const v1::PardonBanRequest& request);

// Of all servers, or of `server` alone: NOT_FOUND if it was not seen.
absl::Status ListAgents(const Session& session, const std::string& server);

absl::Status ListJails(const Session& session);
absl::Status ReloadJails(const Session& session);
absl::Status ExplainSource(const Session& session,
                           const v1::ExplainSourceRequest& request);

// Only what happened since so long ago; everything if that is infinite.
absl::Status ListAuditRecords(const Session& session,
                              const v1::ListAuditRecordsRequest& request,
                              absl::Duration since);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_COMMANDS_H_
