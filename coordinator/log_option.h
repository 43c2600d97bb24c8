#ifndef MXBAN_COORDINATOR_LOG_OPTION_H_
#define MXBAN_COORDINATOR_LOG_OPTION_H_

// Where a jail's lines come from: `backend`, `logpath`, `journalmatch`,
// `logencoding`.

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/jail.h"
#include "coordinator/section_reader.h"
#include "filter/ini_file.h"

namespace mxban {

// The journal that a value of `backend` names, such as
// `systemd[journalpath=/var/log/journal/remote]`; nullopt if it is files.
// INVALID_ARGUMENT for what is neither, and for parts of a journal that are
// not honoured: another one than was meant must not be read.
absl::StatusOr<std::optional<Journal>> ParseBackend(absl::string_view text);

// Whether the section's jail reads the journal.
bool ReadsJournal(SectionReader& section);

// Reads where `jail` has its lines from. `journal_match` is its own or its
// filter's, if there is one. What is wrong is refused there.
void ReadLogs(SectionReader& section,
              const std::optional<IniValue>& journal_match, Jail& jail);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_LOG_OPTION_H_
