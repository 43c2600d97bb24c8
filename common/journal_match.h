#ifndef MXBAN_COMMON_JOURNAL_MATCH_H_
#define MXBAN_COMMON_JOURNAL_MATCH_H_

// What a jail wants to see of the journal, Fail2Ban's `journalmatch`: words
// `FIELD=value`, quoted as a shell does it, and `+` between alternatives.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

// The alternatives, each a list of `FIELD=value`: of those of one field any,
// of those of different fields all must be met.
using JournalMatch = std::vector<std::vector<std::string>>;

// INVALID_ARGUMENT quotes what is not understood.
absl::StatusOr<JournalMatch> ParseJournalMatch(absl::string_view line);

}  // namespace mxban

#endif  // MXBAN_COMMON_JOURNAL_MATCH_H_
