#include "ctl/command_line.h"

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "CLI/Validators.hpp"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "ctl/import_command_line.h"
#include "ctl/option.h"

namespace mxban::ctl {
namespace {

constexpr char kFooter[] =
    "The global options may follow the subcommand. Durations are Fail2Ban's:\n"
    "8h, 1d12h, 90 (seconds). Exit codes: 0 done, 1 refused or failed, 2 "
    "usage.";

// What is judged, or put into messages, once all of it is there.
struct Pending {
  absl::Duration ban_time, allow_time;
  absl::Duration top_window = absl::Minutes(10);
  std::string output;
  bool json = false;
  bool all_held = false;
  std::vector<std::string> import_jails;
};

void AddGlobalOptions(CLI::App& app, CommandLine& line, Pending& pending) {
  app.add_option("--endpoint", line.endpoint, "The coordinator")
      ->envname("MXBAN_ENDPOINT")
      ->capture_default_str();
  app.add_option("--tls_cert", line.tls.cert, "Our certificate, a PEM file");
  app.add_option("--tls_key", line.tls.key, "Its key");
  app.add_option("--tls_ca", line.tls.ca, "Who may certify the coordinator");
  app.add_option("--token_file", line.token_file,
                 "A file with our token, in place of a certificate")
      ->envname("MXBAN_TOKEN_FILE");
  app.add_flag("--insecure", line.insecure,
               "Plain text, though others may read it");
  AddDuration(app, "--timeout", line.timeout, Ever::kNotAllowed,
              "How long to wait for an answer")
      .default_str("10s");
  app.add_option("--output", pending.output, "How to show what is asked for")
      ->check(CLI::IsMember({"table", "json", "csv"}).description(""))
      ->type_name("table|json|csv")
      ->default_str("table");
  app.add_flag("--json", pending.json, "Short for --output=json");
  app.set_version_flag("--version", absl::StrCat("mxbanctl ", kVersion));
  app.set_help_flag("-h,--help", "Print this help");
}

CLI::App& AddCommand(CLI::App& app, CommandLine& line, Command command,
                     const char* name, const char* description) {
  CLI::App& subcommand = *app.add_subcommand(name, description);
  subcommand.fallthrough();
  subcommand.callback([&line, command] { line.command = command; });
  return subcommand;
}

// One that does nothing by itself, and has subcommands.
CLI::App& AddGroup(CLI::App& app, const char* name, const char* description) {
  CLI::App& group = *app.add_subcommand(name, description);
  group.fallthrough();
  group.require_subcommand(1);
  return group;
}

// What touches the whole fleet asks whether that is meant.
void AddYes(CLI::App& command, CommandLine& line) {
  command.add_flag("--yes", line.yes, "Go on without asking");
}

// Those that show what is.
void AddViews(CLI::App& app, CommandLine& line, Pending& pending) {
  AddCommand(app, line, Command::kStatus, "status", "Sum up the cluster");
  AddCommand(app, line, Command::kBans, "bans", "List the bans that stand")
      .add_option("--jail", line.jail, "Only of this jail");
  AddCommand(app, line, Command::kAgents, "agents",
             "List the agents and how far each has got")
      .add_option("SERVER", line.server, "Only this one");
  AddCommand(app, line, Command::kJails, "jails", "List the jails in force");
  AddCommand(app, line, Command::kWatch, "watch",
             "Print every change of the bans, until Ctrl-C");
  CLI::App& top = AddCommand(app, line, Command::kTop, "top",
                             "Show which sources and servers fail most lately");
  AddDuration(top, "--since", pending.top_window, Ever::kNotAllowed,
              "Only of the last so long")
      .default_str("10m");
  top.add_option("--jail", *line.top.mutable_jail(), "Only in this jail");
  top.add_option_function<int>(
         "--limit", [&line](int limit) { line.top.set_limit(limit); },
         "How many of each; by default what fits")
      ->check(CLI::Range(1, 100).description(""))
      ->type_name("N");
}

void AddBanCommands(CLI::App& app, CommandLine& line, Pending& pending) {
  CLI::App& ban = AddCommand(app, line, Command::kBan, "ban",
                             "Ban a source on every server");
  ban.add_option("SOURCE", *line.ban.mutable_source(), "An address or network")
      ->required();
  ban.add_option("--jail", *line.ban.mutable_jail(),
                 "The jail whose ports to close")
      ->required();
  AddDuration(ban, "--for", pending.ban_time, Ever::kAllowed,
              "A duration, or ever; by default as the jail says");
  ban.add_option("--reason", *line.ban.mutable_reason(),
                 "Why, for your colleagues");
  ban.add_flag_callback(
      "--wide", [&line] { line.ban.set_wide(true); },
      "Yes, a network wider than /24 or /48 is meant");
  ban.add_flag_callback(
      "--dry_run", [&line] { line.ban.set_validate_only(true); },
      "Only say what would be done");

  CLI::App& unban = AddCommand(app, line, Command::kUnban, "unban",
                               "End a ban and forget what led to it");
  unban
      .add_option("SOURCE", *line.pardon.mutable_source(),
                  "An address or network")
      ->required();
  unban.add_option("--jail", *line.pardon.mutable_jail(), "Only in this jail");
  AddCommand(app, line, Command::kReload, "reload",
             "Read the coordinator's files again");
}

void AddPauseCommands(CLI::App& app, CommandLine& line) {
  CLI::App& pause = AddCommand(app, line, Command::kPause, "pause",
                               "Stop enforcement on every server");
  pause
      .add_option("--reason", *line.pause.mutable_reason(),
                  "Why, for your colleagues")
      ->required();
  AddYes(pause, line);
  CLI::App& resume = AddCommand(app, line, Command::kResume, "resume",
                                "Enforce the bans that stand again");
  AddYes(resume, line);
  CLI::App& undo = AddCommand(app, line, Command::kUndo, "undo",
                              "Pardon what was banned lately");
  AddDuration(undo, "--since", line.since, Ever::kNotAllowed,
              "How far back, as in 10m")
      .required();
  undo.add_option("--jail", line.jail, "Only in this jail");
  AddYes(undo, line);
}

void AddAllowCommands(CLI::App& app, CommandLine& line, Pending& pending) {
  CLI::App& allow =
      AddGroup(app, "allow", "Keep the list of what is never banned");
  CLI::App& add = AddCommand(allow, line, Command::kAllowAdd, "add",
                             "Never ban a source, and end its bans");
  add.add_option("SOURCE", *line.allow.mutable_source(),
                 "An address, a network, a host name, or file:PATH")
      ->required();
  AddDuration(add, "--for", pending.allow_time, Ever::kNotAllowed,
              "A duration; else for ever");
  add.add_option("--reason", *line.allow.mutable_reason(),
                 "Why, for your colleagues");
  CLI::App& remove = AddCommand(allow, line, Command::kAllowRemove, "remove",
                                "Take a source off the list");
  remove
      .add_option("SOURCE", *line.disallow.mutable_source(), "As it is listed")
      ->required();
  AddCommand(allow, line, Command::kAllowList, "list", "Show the list");
}

void AddHeldCommands(CLI::App& app, CommandLine& line, Pending& pending) {
  CLI::App& held =
      AddGroup(app, "held", "See to the bans that a rail holds back");
  AddCommand(held, line, Command::kHeldList, "list", "List them");
  const auto add = [&](Command command, const char* name,
                       const char* description) {
    CLI::App& chosen = AddCommand(held, line, command, name, description);
    chosen.add_option("SOURCE", *line.held.mutable_source(),
                      "An address or network");
    chosen.add_option("--jail", *line.held.mutable_jail(), "Only in this jail");
    chosen.add_flag("--all", pending.all_held, "All that are held");
    AddYes(chosen, line);
  };
  add(Command::kHeldRelease, "release", "Impose them from now on");
  add(Command::kHeldDrop, "drop", "Forget them and pardon their sources");
}

// Those that ask what was and why.
void AddInquiries(CLI::App& app, CommandLine& line) {
  CLI::App& explain = AddCommand(app, line, Command::kExplain, "explain",
                                 "Say whether a source is banned, and why");
  explain
      .add_option("SOURCE", *line.explain.mutable_source(),
                  "An address or network")
      ->required();
  CLI::App& audit = AddCommand(app, line, Command::kAudit, "audit",
                               "List what was decided and what operators did");
  audit.add_option("SOURCE", *line.audit.mutable_source(),
                   "Only of this address or network");
  AddDuration(audit, "--since", line.since, Ever::kNotAllowed,
              "Only of the last so long: 1d");
}

void AddTokenCommand(CLI::App& app, CommandLine& line) {
  CLI::App& token = AddCommand(app, line, Command::kToken, "token",
                               "Make a token; asks no coordinator");
  token.add_option("NAME", line.token.name, "Whose it is")->required();
  token.add_option("--role", line.token.role, "viewer or operator")
      ->check(CLI::IsMember({"viewer", "operator"}))
      ->capture_default_str();
  token.add_option("--expires", line.token.expires,
                   "A day, such as 2027-01-31; by default never");
}

void AddCommands(CLI::App& app, CommandLine& line, Pending& pending) {
  AddViews(app, line, pending);
  AddBanCommands(app, line, pending);
  AddPauseCommands(app, line);
  AddAllowCommands(app, line, pending);
  AddHeldCommands(app, line, pending);
  AddInquiries(app, line);
  AddImportCommands(AddGroup(app, "import", "Bring in the bans of others"),
                    line.import, pending.import_jails,
                    [&line] { line.command = Command::kImport; });
  AddCommand(app, line, Command::kExport, "export",
             "Print the bans as a list that `import list` reads")
      .add_option("--jail", line.jail, "Only of this jail");
  AddTokenCommand(app, line);
}

absl::StatusOr<OutputFormat> FormatOf(const Pending& pending) {
  if (pending.json && !pending.output.empty()) {
    return absl::InvalidArgumentError("--json: --output says it already");
  }
  if (pending.json || pending.output == "json") return OutputFormat::kJson;
  return pending.output == "csv" ? OutputFormat::kCsv : OutputFormat::kTable;
}

// Which held bans are meant must be said, one way or the other.
absl::Status CheckSelection(const v1::HeldBanSelection& held, bool all) {
  if (all == (held.source().empty() && held.jail().empty())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      all ? "--all goes with neither a source nor --jail"
          : "which ones: a source, --jail or --all?");
}

// Puts the durations into the messages that have them.
void SetDurations(const Pending& pending, CommandLine& line) {
  if (pending.ban_time == absl::InfiniteDuration()) {
    line.ban.set_permanent(true);
  } else if (pending.ban_time > absl::ZeroDuration()) {
    line.ban.mutable_duration()->set_seconds(
        absl::ToInt64Seconds(pending.ban_time));
  }
  if (pending.allow_time > absl::ZeroDuration()) {
    line.allow.mutable_duration()->set_seconds(
        absl::ToInt64Seconds(pending.allow_time));
  }
  line.top.mutable_window()->set_seconds(
      absl::ToInt64Seconds(pending.top_window));
}

absl::Status Complete(const Pending& pending, CommandLine& line) {
  ASSIGN_OR_RETURN(line.format, FormatOf(pending));
  SetDurations(pending, line);
  // A path is clear enough; gRPC would ask the DNS for it.
  if (absl::StartsWith(line.endpoint, "/")) {
    line.endpoint = absl::StrCat("unix:", line.endpoint);
  }
  switch (line.command) {
    case Command::kToken:
      return ValidateTokenRequest(line.token);
    case Command::kImport:
      return ReadImportJails(pending.import_jails, line.import);
    case Command::kHeldRelease:
    case Command::kHeldDrop:
      return CheckSelection(line.held, pending.all_held);
    default:
      return absl::OkStatus();
  }
}

}  // namespace

bool CommandLine::NeedsConsent() const {
  switch (command) {
    case Command::kPause:
    case Command::kResume:
    case Command::kUndo:
      return !yes;
    case Command::kHeldRelease:
    case Command::kHeldDrop:
      return !yes && held.source().empty();
    default:
      return false;
  }
}

absl::StatusOr<CommandLine> ParseCommandLine(int argc,
                                             const char* const* argv) {
  CommandLine line;
  Pending pending;
  CLI::App app("Asks and tells the coordinator of an mxban cluster.",
               "mxbanctl");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  AddGlobalOptions(app, line, pending);
  AddCommands(app, line, pending);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.text = app.help();
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.text = absl::StrCat(version.what(), "\n");
    return line;
  } catch (const CLI::ParseError& error) {
    // CLI11 would only complain that a subcommand is missing.
    if (app.get_subcommands().empty() && !app.remaining().empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown: '", app.remaining().front(), "'"));
    }
    return absl::InvalidArgumentError(error.what());
  }
  RETURN_IF_ERROR(Complete(pending, line));
  return line;
}

}  // namespace mxban::ctl
