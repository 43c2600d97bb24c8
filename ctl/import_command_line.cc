#include "ctl/import_command_line.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/option.h"

namespace mxban::ctl {
namespace {

using Kind = ImportRequest::Kind;

CLI::App& Add(CLI::App& app, ImportRequest& request,
              const std::function<void()>& chosen, Kind kind, const char* name,
              const char* description) {
  CLI::App& command = *app.add_subcommand(name, description);
  command.fallthrough();
  command.callback([&request, chosen, kind] {
    request.kind = kind;
    chosen();
  });
  command.add_option("--reason", request.reason, "Why, for your colleagues");
  command.add_flag("--wide", request.wide,
                   "Yes, networks wider than /24 or /48 are meant");
  command.add_flag("--dry_run", request.dry_run, "Only say what would be done");
  return command;
}

}  // namespace

void AddImportCommands(CLI::App& app, ImportRequest& request,
                       std::vector<std::string>& jails,
                       const std::function<void()>& chosen) {
  CLI::App& list = Add(app, request, chosen, Kind::kList, "list",
                       "A line for each: SOURCE [JAIL [UNTIL]]");
  list.add_option("FILE", request.path, "The list; - is standard input")
      ->required();
  list.add_option("--jail", request.jail,
                  "Their jail, for lines that do not name one");
  AddDuration(list, "--for", request.duration, Ever::kAllowed,
              "For lines without UNTIL; else as the jail says");

  CLI::App& fail2ban = Add(app, request, chosen, Kind::kFail2Ban, "fail2ban",
                           "What Fail2Ban bans now, from its database");
  fail2ban.add_option("DATABASE", request.path,
                      "Its file, if it is not where Debian has it");
  fail2ban
      .add_option("--jail", jails,
                  "JAIL for all bans, or THEIRS=OURS; may be repeated")
      ->allow_extra_args(false);

  CLI::App& crowdsec = Add(app, request, chosen, Kind::kCrowdSec, "crowdsec",
                           "What `cscli decisions list -o json` prints");
  crowdsec.add_option("FILE", request.path, "The output; - is standard input")
      ->required();
  crowdsec.add_option("--jail", request.jail, "The jail whose ports to close")
      ->required();
}

absl::Status ReadImportJails(const std::vector<std::string>& jails,
                             ImportRequest& request) {
  for (const std::string& text : jails) {
    const size_t sign = text.find('=');
    if (sign != std::string::npos) {
      request.jails[text.substr(0, sign)] = text.substr(sign + 1);
    } else if (request.jail.empty()) {
      request.jail = text;
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "--jail: '", request.jail, "' or '", text, "' for all bans?"));
    }
  }
  return absl::OkStatus();
}

}  // namespace mxban::ctl
