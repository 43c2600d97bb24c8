#include "ctl/command_line.h"

#include <map>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "CLI/Validators.hpp"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/version.h"
#include "filter/duration.h"

namespace mxban::ctl {
namespace {

constexpr char kFooter[] =
    "The global options may follow the subcommand. Durations are Fail2Ban's:\n"
    "8h, 1d12h, 90 (seconds). Exit codes: 0 done, 1 refused or failed, 2 "
    "usage.";

// What CLI11 fills in as text, to be read once all of it is there.
struct RawText {
  std::string timeout = "10s";
  std::string ban_duration;
  std::string ban_jail, ban_source, ban_reason;
  std::string pardon_jail, pardon_source;
  std::string explain_source, audit_source, since;
  std::string pause_reason;
  std::string undo_since;
  std::string allow_source, allow_reason, allow_duration;
  std::string disallow_source;
  std::string held_source, held_jail;
  bool held_all = false;
};

void AddGlobalOptions(CLI::App& app, CommandLine& line, RawText& raw) {
  line.endpoint = kDefaultEndpoint;
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
  app.add_option("--timeout", raw.timeout, "How long to wait for an answer")
      ->capture_default_str();
  app.add_flag("--json", line.json, "One JSON object per line, for programs");
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

CLI::App& AddCommand(CLI::App& app, CommandLine& line, const char* name,
                     const char* description) {
  static const auto& commands = *new std::map<std::string, Command>{
      {"status", Command::kStatus},   {"bans", Command::kBans},
      {"ban", Command::kBan},         {"unban", Command::kUnban},
      {"agents", Command::kAgents},   {"jails", Command::kJails},
      {"watch", Command::kWatch},     {"reload", Command::kReload},
      {"explain", Command::kExplain}, {"audit", Command::kAudit},
      {"token", Command::kToken}};
  return AddCommand(app, line, commands.at(name), name, description);
}

// What touches the whole fleet asks whether that is meant.
void AddYes(CLI::App& command, CommandLine& line) {
  command.add_flag("--yes", line.yes, "Go on without asking");
}

void AddPauseCommands(CLI::App& app, CommandLine& line, RawText& raw) {
  CLI::App& pause = AddCommand(app, line, Command::kPause, "pause",
                               "Stop enforcement on every server");
  pause.add_option("--reason", raw.pause_reason, "Why, for your colleagues")
      ->required();
  AddYes(pause, line);
  CLI::App& resume = AddCommand(app, line, Command::kResume, "resume",
                                "Enforce the bans that stand again");
  AddYes(resume, line);
  CLI::App& undo = AddCommand(app, line, Command::kUndo, "undo",
                              "Pardon what was banned lately");
  undo.add_option("--since", raw.undo_since, "How far back, as in 10m")
      ->required();
  undo.add_option("--jail", line.jail, "Only in this jail");
  AddYes(undo, line);
}

void AddAllowCommands(CLI::App& app, CommandLine& line, RawText& raw) {
  CLI::App& allow =
      *app.add_subcommand("allow", "Keep the list of what is never banned");
  allow.fallthrough();
  allow.require_subcommand(1);
  CLI::App& add = AddCommand(allow, line, Command::kAllowAdd, "add",
                             "Never ban a source, and end its bans");
  add.add_option("SOURCE", raw.allow_source,
                 "An address, a network, a host name, or file:PATH")
      ->required();
  add.add_option("--for", raw.allow_duration, "A duration; else for ever");
  add.add_option("--reason", raw.allow_reason, "Why, for your colleagues");
  AddCommand(allow, line, Command::kAllowRemove, "remove",
             "Take a source off the list")
      .add_option("SOURCE", raw.disallow_source, "As it is listed")
      ->required();
  AddCommand(allow, line, Command::kAllowList, "list", "Show the list");
}

void AddHeldCommands(CLI::App& app, CommandLine& line, RawText& raw) {
  CLI::App& held =
      *app.add_subcommand("held", "See to the bans that a rail holds back");
  held.fallthrough();
  held.require_subcommand(1);
  AddCommand(held, line, Command::kHeldList, "list", "List them");
  const auto add = [&](Command command, const char* name,
                       const char* description) {
    CLI::App& chosen = AddCommand(held, line, command, name, description);
    chosen.add_option("SOURCE", raw.held_source, "An address or network");
    chosen.add_option("--jail", raw.held_jail, "Only in this jail");
    chosen.add_flag("--all", raw.held_all, "All that are held");
    AddYes(chosen, line);
  };
  add(Command::kHeldRelease, "release", "Impose them from now on");
  add(Command::kHeldDrop, "drop", "Forget them and pardon their sources");
}

// Those that ask what was and why.
void AddInquiries(CLI::App& app, CommandLine& line, RawText& raw) {
  CLI::App& explain = AddCommand(app, line, "explain",
                                 "Say whether a source is banned, and why");
  explain.add_option("SOURCE", raw.explain_source, "An address or network")
      ->required();

  CLI::App& audit = AddCommand(app, line, "audit",
                               "List what was decided and what operators did");
  audit.add_option("SOURCE", raw.audit_source,
                   "Only of this address or network");
  audit.add_option("--since", raw.since, "Only of the last so long: 1d");
}

void AddCommands(CLI::App& app, CommandLine& line, RawText& raw) {
  AddCommand(app, line, "status", "Sum up the cluster");

  CLI::App& bans = AddCommand(app, line, "bans", "List the bans that stand");
  bans.add_option("--jail", line.jail, "Only of this jail");

  CLI::App& ban = AddCommand(app, line, "ban", "Ban a source on every server");
  ban.add_option("SOURCE", raw.ban_source, "An address or network")->required();
  ban.add_option("--jail", raw.ban_jail, "The jail whose ports to close")
      ->required();
  ban.add_option("--for", raw.ban_duration,
                 "A duration, or ever; by default as the jail says");
  ban.add_option("--reason", raw.ban_reason, "Why, for your colleagues");
  ban.add_flag_callback(
      "--wide", [&line] { line.ban.set_wide(true); },
      "Yes, a network wider than /24 or /48 is meant");

  CLI::App& unban =
      AddCommand(app, line, "unban", "End a ban and forget what led to it");
  unban.add_option("SOURCE", raw.pardon_source, "An address or network")
      ->required();
  unban.add_option("--jail", raw.pardon_jail, "Only in this jail");

  AddCommand(app, line, "agents", "List the agents and how far each has got");
  AddCommand(app, line, "jails", "List the jails in force");
  AddCommand(app, line, "watch",
             "Print every change of the bans, until Ctrl-C");
  AddCommand(app, line, "reload", "Read the coordinator's files again");
  AddPauseCommands(app, line, raw);
  AddAllowCommands(app, line, raw);
  AddHeldCommands(app, line, raw);
  AddInquiries(app, line, raw);

  CLI::App& token =
      AddCommand(app, line, "token", "Make a token; asks no coordinator");
  token.add_option("NAME", line.token.name, "Whose it is")->required();
  token.add_option("--role", line.token.role, "viewer or operator")
      ->check(CLI::IsMember({"viewer", "operator"}))
      ->capture_default_str();
  token.add_option("--expires", line.token.expires,
                   "A day, such as 2027-01-31; by default never");
}

absl::StatusOr<absl::Duration> ReadDuration(const char* option,
                                            const std::string& text) {
  const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (!duration.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", duration.status().message()));
  }
  if (*duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": '", text, "' is not at least one second"));
  }
  return *duration;
}

absl::Status ReadBan(const RawText& raw, v1::ImposeBanRequest& ban) {
  ban.set_jail(raw.ban_jail);
  ban.set_source(raw.ban_source);
  ban.set_reason(raw.ban_reason);
  ban.set_permanent(raw.ban_duration == "ever");
  if (raw.ban_duration.empty() || ban.permanent()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Duration duration,
                   ReadDuration("--for", raw.ban_duration));
  ban.mutable_duration()->set_seconds(absl::ToInt64Seconds(duration));
  return absl::OkStatus();
}

absl::Status ReadAllowed(const RawText& raw, v1::AllowSourceRequest& allow) {
  allow.set_source(raw.allow_source);
  allow.set_reason(raw.allow_reason);
  if (raw.allow_duration.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Duration duration,
                   ReadDuration("--for", raw.allow_duration));
  allow.mutable_duration()->set_seconds(absl::ToInt64Seconds(duration));
  return absl::OkStatus();
}

absl::Status ReadHeld(const RawText& raw, v1::HeldBanSelection& held) {
  held.set_source(raw.held_source);
  held.set_jail(raw.held_jail);
  if (raw.held_all == (held.source().empty() && held.jail().empty())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      raw.held_all ? "--all goes with neither a source nor --jail"
                   : "which ones: a source, --jail or --all?");
}

// Turns the text of the rails' commands into values.
absl::Status ReadRailText(const RawText& raw, CommandLine& line) {
  switch (line.command) {
    case Command::kPause:
      line.pause.set_reason(raw.pause_reason);
      return absl::OkStatus();
    case Command::kUndo: {
      ASSIGN_OR_RETURN(line.since, ReadDuration("--since", raw.undo_since));
      return absl::OkStatus();
    }
    case Command::kAllowAdd:
      return ReadAllowed(raw, line.allow);
    case Command::kAllowRemove:
      line.disallow.set_source(raw.disallow_source);
      return absl::OkStatus();
    case Command::kHeldRelease:
    case Command::kHeldDrop:
      return ReadHeld(raw, line.held);
    default:
      return absl::OkStatus();
  }
}

// Turns text into values.
absl::Status ReadRawText(const RawText& raw, CommandLine& line) {
  ASSIGN_OR_RETURN(line.timeout, ReadDuration("--timeout", raw.timeout));
  if (line.command == Command::kBan) {
    RETURN_IF_ERROR(ReadBan(raw, line.ban));
  }
  if (line.command == Command::kToken) {
    RETURN_IF_ERROR(ValidateTokenRequest(line.token));
  }
  RETURN_IF_ERROR(ReadRailText(raw, line));
  line.pardon.set_source(raw.pardon_source);
  line.pardon.set_jail(raw.pardon_jail);
  line.explain.set_source(raw.explain_source);
  line.audit.set_source(raw.audit_source);
  if (!raw.since.empty()) {
    ASSIGN_OR_RETURN(line.since, ReadDuration("--since", raw.since));
  }
  // A path is clear enough; gRPC would ask the DNS for it.
  if (absl::StartsWith(line.endpoint, "/")) {
    line.endpoint = absl::StrCat("unix:", line.endpoint);
  }
  return absl::OkStatus();
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
  RawText raw;
  CLI::App app("Asks and tells the coordinator of an mxban cluster.",
               "mxbanctl");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(kFooter);
  AddGlobalOptions(app, line, raw);
  AddCommands(app, line, raw);
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
  RETURN_IF_ERROR(ReadRawText(raw, line));
  return line;
}

}  // namespace mxban::ctl
