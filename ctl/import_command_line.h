#ifndef MXBAN_CTL_IMPORT_COMMAND_LINE_H_
#define MXBAN_CTL_IMPORT_COMMAND_LINE_H_

// The options of `mxbanctl import`.

#include <functional>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "ctl/import_request.h"

namespace mxban::ctl {

// Adds the subcommands of `app`, the command itself, which fill in `request`
// and call `chosen`. What `fail2ban --jail` says goes into `jails`, for
// ReadImportJails(). All must outlive `app`.
void AddImportCommands(CLI::App& app, ImportRequest& request,
                       std::vector<std::string>& jails,
                       const std::function<void()>& chosen);

// Each of `jails` is JAIL, for all bans, or THEIRS=OURS. INVALID_ARGUMENT if
// two are for all.
absl::Status ReadImportJails(const std::vector<std::string>& jails,
                             ImportRequest& request);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_IMPORT_COMMAND_LINE_H_
