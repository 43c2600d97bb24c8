#include "ctl/fleet_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/ban_view.h"
#include "ctl/format.h"

namespace mxban::ctl {
namespace {

void PrintFact(absl::string_view name, absl::string_view value,
               std::ostream& out, Color color = Color::kPlain) {
  const std::string padding(13 - name.size(), ' ');
  PrintLine(out, absl::StrCat(name, padding, value), color);
}

// Of all agents together.
Color ColorOf(const v1::GetStatusResponse& status) {
  if (status.connected_agent_count() < status.agent_count()) return Color::kBad;
  return status.current_agent_count() < status.connected_agent_count()
             ? Color::kWarning
             : Color::kPlain;
}

std::string DescribeAgents(const v1::GetStatusResponse& status) {
  if (status.agent_count() == 0) return "none seen since the start";
  const uint32_t behind =
      status.connected_agent_count() -
      std::min(status.current_agent_count(), status.connected_agent_count());
  return absl::StrCat(
      SayNumber(status.connected_agent_count()), " of ",
      SayNumber(status.agent_count()), " connected, ",
      behind == 0 ? "none behind" : absl::StrCat(SayNumber(behind), " behind"));
}

Cell ConnectionCell(const v1::AgentStatus& agent) {
  if (agent.connected()) return "connected";
  return {"away", Color::kBad};
}

Cell RevisionCell(const v1::AgentStatus& agent, uint64_t newest) {
  if (agent.enforced_revision() >= newest) return "current";
  return {
      absl::StrCat(SayNumber(newest - agent.enforced_revision()), " behind"),
      Color::kWarning};
}

absl::string_view DescribeProblem(v1::EnforcementProblem problem) {
  switch (problem) {
    case v1::ENFORCEMENT_PROBLEM_NO_PERMISSION:
      return "no permission";
    case v1::ENFORCEMENT_PROBLEM_FULL:
      return "no room";
    case v1::ENFORCEMENT_PROBLEM_LOCK_HELD:
      return "tables held by another";
    case v1::ENFORCEMENT_PROBLEM_NO_BACKEND:
      return "no firewall";
    default:
      return "refused";
  }
}

// `25,465,587`, `1000-2000`.
std::string DescribePorts(const v1::Enforcement& enforcement) {
  return absl::StrJoin(enforcement.ports(), ",",
                       [](std::string* text, const v1::PortRange& range) {
                         absl::StrAppend(text, range.first());
                         if (range.last() != range.first()) {
                           absl::StrAppend(text, "-", range.last());
                         }
                       });
}

// `5 failures in 10 min`; the window says nothing about a single one.
std::string DescribeLimit(const v1::Jail& jail) {
  const std::string count = SayCount(jail.max_retry(), "failure");
  if (jail.max_retry() <= 1) return count;
  return absl::StrCat(count, " in ", SayDuration(FromProto(jail.find_time())));
}

// `NOTHING IS ENFORCED since 5 min ago, by anna: drill`.
std::string DescribePause(const v1::Pause& pause, absl::Time now) {
  return absl::StrCat(
      "NOTHING IS ENFORCED, since ", SayAgo(FromProto(pause.start_time()), now),
      ", by ", pause.who(), pause.reason().empty() ? "" : ": ", pause.reason());
}

// `dry run; 2 servers at least; at most 500 bans a minute`.
std::string DescribeRails(const v1::Jail& jail) {
  std::vector<std::string> rails;
  if (jail.dry_run()) rails.push_back("dry run");
  if (jail.min_servers() > 1) {
    rails.push_back(
        absl::StrCat(SayCount(jail.min_servers(), "server"), " at least"));
  }
  if (jail.max_ban_rate() > 0) {
    rails.push_back(absl::StrCat(
        "at most ", SayCount(jail.max_ban_rate(), "ban"), " a minute"));
  }
  return absl::StrJoin(rails, "; ");
}

std::string DescribeBanTime(const v1::Jail& jail) {
  return jail.has_ban_time() ? SayDuration(FromProto(jail.ban_time()))
                             : "for ever";
}

}  // namespace

std::string SumUp(const v1::GetStatusResponse& status) {
  return absl::StrCat(status.has_pause() ? "NOTHING IS ENFORCED, " : "",
                      DescribeBanCount(status.ban_count()),
                      ", agents: ", DescribeAgents(status));
}

void PrintStatus(const v1::GetStatusResponse& status, absl::Time now,
                 std::ostream& out) {
  if (status.has_pause()) {
    PrintFact("PAUSED", DescribePause(status.pause(), now), out, Color::kBad);
  }
  PrintFact("coordinator",
            absl::StrCat(status.version(), ", started ",
                         status.has_start_time()
                             ? SayAgo(FromProto(status.start_time()), now)
                             : "some time ago"),
            out);
  PrintFact("jails",
            absl::StrCat(SayCount(status.jail_count(), "jail"), " in force"),
            out);
  PrintFact("bans",
            absl::StrCat(DescribeBanCount(status.ban_count()), ", revision ",
                         status.revision()),
            out);
  if (status.held_ban_count() > 0) {
    PrintFact("held",
              absl::StrCat(SayCount(status.held_ban_count(), "ban"),
                           status.held_ban_count() == 1 ? " waits" : " wait",
                           " for an operator; see mxbanctl held list"),
              out, Color::kWarning);
  }
  PrintFact("agents", DescribeAgents(status), out, ColorOf(status));
  PrintFact("failures",
            absl::StrCat(SayCount(status.failure_count(), "failure"),
                         " counted since the start"),
            out);
  PrintFact("sources",
            absl::StrCat(SayCount(status.tracked_source_count(), "source"),
                         " with failures that still count"),
            out);
  if (status.good_sender_count() > 0) {
    PrintFact("good",
              absl::StrCat(SayCount(status.good_sender_count(), "source"),
                           " with a right login lately"),
              out);
  }
  PrintFact("history", status.history_id(), out);
  if (!status.store_salvage().empty()) {
    PrintFact("store", status.store_salvage(), out, Color::kWarning);
  }
}

Table AgentTable() {
  return Table(
      {{.heading = "SERVER", .yield = Column::Yield::kEnd, .min_width = 16},
       {.heading = "STATE"},
       {.heading = "BANS"},
       {.heading = "HEARD"},
       {.heading = "FAILURES"},
       {.heading = "FIREWALL", .yield = Column::Yield::kEnd, .min_width = 8},
       {.heading = "VERSION", .yield = Column::Yield::kEnd, .min_width = 7}});
}

void AddAgentRow(const v1::AgentStatus& agent, const FleetState& fleet,
                 Table& table) {
  const std::string heard =
      agent.has_contact_time()
          ? SayAgo(FromProto(agent.contact_time()), fleet.now)
          : "never";
  table.AddRow({agent.server_name(), ConnectionCell(agent),
                RevisionCell(agent, fleet.revision), heard,
                SayNumber(agent.failure_count()), agent.firewall(),
                agent.agent_version()},
               agent.enforcement_error().empty()
                   ? ""
                   : absl::StrCat("cannot enforce, ",
                                  DescribeProblem(agent.enforcement_problem()),
                                  ": ", agent.enforcement_error()),
               Color::kBad);
}

Table JailTable() {
  return Table(
      {{.heading = "JAIL", .yield = Column::Yield::kEnd, .min_width = 12},
       {.heading = "BANNED AT"},
       {.heading = "FOR"},
       {.heading = "PORTS", .yield = Column::Yield::kEnd, .min_width = 10},
       {.heading = "BANS"},
       {.heading = "FAILURES"}});
}

void AddJailRow(const v1::JailStatus& status, Table& table) {
  const v1::Jail& jail = status.jail();
  std::vector<std::string> notes;
  if (std::string rails = DescribeRails(jail); !rails.empty()) {
    notes.push_back(std::move(rails));
  }
  if (!jail.log_paths().empty()) {
    notes.push_back(
        absl::StrCat("follows ", absl::StrJoin(jail.log_paths(), ", ")));
  }
  table.AddRow(
      {jail.name(), DescribeLimit(jail), DescribeBanTime(jail),
       DescribePorts(jail.enforcement()), SayNumber(status.ban_count()),
       SayNumber(status.failure_count())},
      absl::StrJoin(notes, "; "));
}

}  // namespace mxban::ctl
