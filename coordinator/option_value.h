#ifndef MXBAN_COORDINATOR_OPTION_VALUE_H_
#define MXBAN_COORDINATOR_OPTION_VALUE_H_

// The small languages of the values of a jail's options.
//
// Each function answers INVALID_ARGUMENT, quoting what it does not understand.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

// `true/yes/on/1` or `false/no/off/0`, in any case. Fail2Ban takes everything
// else for false; here it is an error, for it is a slip of the pen.
absl::StatusOr<bool> ParseBoolean(absl::string_view text);

// A number of failures: 0 bans at the first one, as 1 does.
absl::StatusOr<uint32_t> ParseMaxRetry(absl::string_view text);

// A number of servers, at least 1.
absl::StatusOr<uint32_t> ParseMinServers(absl::string_view text);

// A number of bans a minute: 0 is no limit.
absl::StatusOr<uint32_t> ParseMaxBanRate(absl::string_view text);

// A length of time above zero.
absl::StatusOr<absl::Duration> ParseLength(absl::string_view text);

// The same; -1 is for ever.
absl::StatusOr<absl::Duration> ParseBanTime(absl::string_view text);

// The same as ParseLength(); nothing or empty is no limit, or none at all.
absl::StatusOr<absl::Duration> ParseMaxTime(absl::string_view text);
absl::StatusOr<absl::Duration> ParseRandomTime(absl::string_view text);

// 48 to 128: no counted ban is wider.
absl::StatusOr<int> ParseIpv6Prefix(absl::string_view text);

// A number above 0.
absl::StatusOr<double> ParseFactor(absl::string_view text);

// A part of the whole, `0.05` or `5%`: from 0 to 1.
absl::StatusOr<double> ParseShare(absl::string_view text);

// Factors, separated by blanks.
absl::StatusOr<std::vector<double>> ParseMultipliers(absl::string_view text);

// Fail2Ban's own formula, or none: it is Python, and nothing else is evaluated.
absl::Status CheckFormula(absl::string_view text);

// A zone as zone_name.h has it (`UTC+0200`, `Europe/Berlin`), or empty.
absl::StatusOr<std::string> ParseTimeZoneName(absl::string_view text);

// Globs, one a line.
struct LogPaths {
  std::vector<std::string> globs;
  // Those that ended in ` head` or ` tail`, which is an agent's to decide.
  std::vector<std::string> with_position;
};
absl::StatusOr<LogPaths> ParseLogPaths(absl::string_view text);

// Matches of the journal, one a line; journal_match.h says what each may be.
absl::StatusOr<std::vector<std::string>> ParseJournalMatches(
    absl::string_view text);

// Whether the value of one of the options that are kOffOnly switches it off.
bool IsOff(absl::string_view option, absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_OPTION_VALUE_H_
