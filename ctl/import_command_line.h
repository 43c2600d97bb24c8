#ifndef MXBAN_CTL_IMPORT_COMMAND_LINE_H_
#define MXBAN_CTL_IMPORT_COMMAND_LINE_H_

// The options of `mxbanctl import`.

#include <functional>

#include "CLI/App.hpp"
#include "ctl/import_request.h"

namespace mxban::ctl {

// Adds the subcommands of `app`, the command itself, which fill in `request`
// and call `chosen`. Both must outlive `app`.
void AddImportCommands(CLI::App& app, ImportRequest& request,
                       const std::function<void()>& chosen);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_IMPORT_COMMAND_LINE_H_
