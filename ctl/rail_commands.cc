#include "ctl/rail_commands.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "ctl/ban_view.h"
#include "ctl/call.h"
#include "ctl/format.h"
#include "ctl/list.h"
#include "ctl/rail_view.h"
#include "ctl/table.h"

namespace mxban::ctl {
namespace {

using Stub = v1::AdminService::StubInterface;

// Returns once whoever sits at `terminal` has agreed.
absl::Status Ask(const Terminal& terminal, const std::string& question) {
  PrintLine(terminal.out, question);
  terminal.out << "Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(terminal.in, answer);
  if (answer == "yes") return absl::OkStatus();
  return absl::AbortedError("not confirmed; nothing was done");
}

// Makes a call once it is confirmed. `question` says what it would do.
template <typename Request, typename Response>
absl::StatusOr<Response> CallConfirmed(
    const Session& session, Method<Request, Response> method, Request request,
    absl::FunctionRef<std::string(const v1::Reach&)> question) {
  if (session.terminal != nullptr) {
    request.set_validate_only(true);
    ASSIGN_OR_RETURN(const Response outlook, Call(session, method, request));
    RETURN_IF_ERROR(Ask(*session.terminal, question(outlook.reach())));
    request.set_validate_only(false);
  }
  return Call(session, method, request);
}

template <typename Response>
absl::Status PrintDone(const Session& session, const Response& response,
                       const std::string& text) {
  if (session.IsForPrograms()) return PrintRecord(session, response);
  PrintLine(session.out, text);
  return absl::OkStatus();
}

std::string Servers(const v1::Reach& reach) {
  return SayCount(reach.server_count(), "server");
}

// `1 banned source comes`, `5 banned sources come`.
std::string Sources(const v1::Reach& reach, absl::string_view noun,
                    absl::string_view singular, absl::string_view plural) {
  return absl::StrCat(SayCount(reach.source_count(), noun), " ",
                      reach.source_count() == 1 ? singular : plural);
}

}  // namespace

absl::Status PauseEnforcement(const Session& session,
                              const v1::PauseEnforcementRequest& request) {
  ASSIGN_OR_RETURN(
      const v1::PauseEnforcementResponse response,
      CallConfirmed(session, &Stub::PauseEnforcement, request,
                    [](const v1::Reach& reach) {
                      return absl::StrCat(
                          "This stops enforcement on ", Servers(reach), "; ",
                          Sources(reach, "banned source", "comes", "come"),
                          " through.");
                    }));
  return PrintDone(
      session, response,
      absl::StrCat("paused on ", Servers(response.reach()), "; ",
                   Sources(response.reach(), "banned source", "comes", "come"),
                   " through"));
}

absl::Status ResumeEnforcement(const Session& session) {
  ASSIGN_OR_RETURN(
      const v1::ResumeEnforcementResponse response,
      CallConfirmed(session, &Stub::ResumeEnforcement,
                    v1::ResumeEnforcementRequest(), [](const v1::Reach& reach) {
                      return absl::StrCat(
                          "This enforces again on ", Servers(reach), "; ",
                          Sources(reach, "source", "is", "are"), " refused.");
                    }));
  return PrintDone(
      session, response,
      absl::StrCat("resumed on ", Servers(response.reach()), "; ",
                   Sources(response.reach(), "source", "is", "are"),
                   " refused again"));
}

absl::Status UndoBans(const Session& session, absl::Duration since,
                      const std::string& jail) {
  v1::UndoBansRequest request;
  const absl::Time start = session.clock.TimeNow() - since;
  request.mutable_since()->set_seconds(
      std::max<int64_t>(absl::ToUnixSeconds(start), 1));
  request.set_jail(jail);
  ASSIGN_OR_RETURN(const v1::UndoBansResponse response,
                   CallConfirmed(session, &Stub::UndoBans, request,
                                 [](const v1::Reach& reach) {
                                   return absl::StrCat(
                                       "This pardons ",
                                       SayCount(reach.source_count(), "source"),
                                       " on ", Servers(reach), ".");
                                 }));
  return PrintDone(
      session, response,
      absl::StrCat("pardoned ",
                   SayCount(response.reach().source_count(), "source"), " on ",
                   Servers(response.reach())));
}

absl::Status AllowSource(const Session& session,
                         const v1::AllowSourceRequest& request) {
  ASSIGN_OR_RETURN(const v1::AllowSourceResponse response,
                   Call(session, &Stub::AllowSource, request));
  if (session.IsForPrograms()) return PrintRecord(session, response);
  PrintAllowed(response.allowed(), session.clock.TimeNow(), session.out);
  for (const v1::Ban& ban : response.ended_bans()) {
    PrintPardoned(ban, session.out);
  }
  return CheckOutput(session.out);
}

absl::Status DisallowSource(const Session& session,
                            const v1::DisallowSourceRequest& request) {
  ASSIGN_OR_RETURN(const v1::DisallowSourceResponse response,
                   Call(session, &Stub::DisallowSource, request));
  return PrintDone(
      session, response.allowed(),
      absl::StrCat("no longer allowed: ", response.allowed().source()));
}

absl::Status ListAllowedSources(const Session& session) {
  ASSIGN_OR_RETURN(
      const uint64_t count,
      PrintList(session,
                List{&Stub::ListAllowedSources, v1::ListAllowedSourcesRequest(),
                     AllowedTable()},
                [&](const v1::AllowedSource& allowed, Table& table) {
                  AddAllowedRow(allowed, session.clock.TimeNow(), table);
                }));
  if (!session.IsForPrograms() && count == 0) {
    PrintLine(session.out, "the allow list is empty");
  }
  return absl::OkStatus();
}

absl::Status ListHeldBans(const Session& session) {
  ASSIGN_OR_RETURN(const uint64_t count,
                   PrintList(session,
                             List{&Stub::ListHeldBans,
                                  v1::ListHeldBansRequest(), HeldTable()},
                             [&](const v1::HeldBan& held, Table& table) {
                               AddHeldRow(held, session.clock.TimeNow(), table);
                             }));
  if (session.IsForPrograms()) return absl::OkStatus();
  PrintLine(session.out, absl::StrCat(SayCount(count, "ban"),
                                      count == 1 ? " is held" : " are held"));
  return absl::OkStatus();
}

absl::Status ReleaseHeldBans(const Session& session,
                             const v1::HeldBanSelection& selection) {
  v1::ReleaseHeldBansRequest request;
  *request.mutable_selection() = selection;
  ASSIGN_OR_RETURN(const v1::ReleaseHeldBansResponse response,
                   CallConfirmed(session, &Stub::ReleaseHeldBans, request,
                                 [](const v1::Reach& reach) {
                                   return absl::StrCat(
                                       "This bans ",
                                       SayCount(reach.source_count(), "source"),
                                       " on ", Servers(reach), ".");
                                 }));
  return PrintDone(
      session, response,
      absl::StrCat("banned ",
                   SayCount(response.reach().source_count(), "source"), " on ",
                   Servers(response.reach())));
}

absl::Status DropHeldBans(const Session& session,
                          const v1::HeldBanSelection& selection) {
  v1::DropHeldBansRequest request;
  *request.mutable_selection() = selection;
  ASSIGN_OR_RETURN(const v1::DropHeldBansResponse response,
                   CallConfirmed(session, &Stub::DropHeldBans, request,
                                 [](const v1::Reach& reach) {
                                   return absl::StrCat(
                                       "This forgets the held bans of ",
                                       SayCount(reach.source_count(), "source"),
                                       " and pardons them.");
                                 }));
  return PrintDone(
      session, response,
      absl::StrCat("dropped, ",
                   Sources(response.reach(), "source", "is", "are"),
                   " pardoned"));
}

}  // namespace mxban::ctl
