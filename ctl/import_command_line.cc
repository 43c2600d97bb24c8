#include "ctl/import_command_line.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/option.h"

namespace mxban::ctl {
namespace {

using Kind = ImportRequest::Kind;

// What `--jail` says: JAIL for all, or THEIRS=OURS.
void ReadJail(const std::string& text, ImportRequest& request) {
  const size_t sign = text.find('=');
  if (sign != std::string::npos) {
    request.jails[text.substr(0, sign)] = text.substr(sign + 1);
  } else if (request.jail.empty()) {
    request.jail = text;
  } else {
    throw CLI::ValidationError(
        "--jail",
        absl::StrCat("'", request.jail, "' or '", text, "' for all bans?"));
  }
}

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
      .add_option_function<std::vector<std::string>>(
          "--jail",
          [&request](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) ReadJail(text, request);
          },
          "JAIL for all bans, or THEIRS=OURS; may be repeated")
      ->allow_extra_args(false);

  CLI::App& crowdsec = Add(app, request, chosen, Kind::kCrowdSec, "crowdsec",
                           "What `cscli decisions list -o json` prints");
  crowdsec.add_option("FILE", request.path, "The output; - is standard input")
      ->required();
  crowdsec.add_option("--jail", request.jail, "The jail whose ports to close")
      ->required();
}

}  // namespace mxban::ctl
