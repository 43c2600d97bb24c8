#ifndef MXBAN_CTL_IMPORT_H_
#define MXBAN_CTL_IMPORT_H_

// Brings the bans of others into the cluster, and ours out of it.
//
// Bans are imposed one by one, as an operator would, so every rail applies;
// what is refused is listed and the others go on. What stands already for long
// enough is left alone: importing twice changes nothing.

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "ctl/import_request.h"
#include "ctl/progress_bar.h"
#include "ctl/session.h"

namespace mxban::ctl {

// Where a list may come from, and where progress is shown.
struct ImportStreams {
  std::istream& standard_input;
  std::ostream& progress;
  ProgressBar::Terminal terminal;  // That `progress` is.
};

// For what is printed see import_report.h.
//
// FAILED_PRECONDITION if some were refused or belong to no jail; all others are
// imposed then. Another error means that the list cannot be read, or that the
// coordinator answers no more.
absl::Status ImportBans(const Session& session, const ImportRequest& request,
                        const ImportStreams& streams);

// Prints the bans of `jail`, or of all if that is empty, as a list that can be
// imported (ban_lists.h).
absl::Status ExportBans(const Session& session, const std::string& jail);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_IMPORT_H_
