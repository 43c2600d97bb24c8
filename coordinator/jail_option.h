#ifndef MXBAN_COORDINATOR_JAIL_OPTION_H_
#define MXBAN_COORDINATOR_JAIL_OPTION_H_

// The options that a jail can have, and the small languages of their values.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ip_network.h"

namespace mxban {

// What becomes of an option.
enum class OptionUse {
  kHonoured,
  kNeedless,  // Known to Fail2Ban; leaving it out harms nobody.
  kOffOnly,   // Accepted as `false`, empty or 0 only; not built yet.
  kUnknown,
};

OptionUse UseOf(absl::string_view option);

// `true/yes/on/1` or `false/no/off/0`, in any case. Fail2Ban takes everything
// else for false; here it is an error, for it is a slip of the pen.
absl::StatusOr<bool> ParseBoolean(absl::string_view text);

// A number of failures: 0 bans at the first one, as 1 does.
absl::StatusOr<uint32_t> ParseMaxRetry(absl::string_view text);

// A length of time above zero.
absl::StatusOr<absl::Duration> ParseFindTime(absl::string_view text);

// The same; -1 is for ever.
absl::StatusOr<absl::Duration> ParseBanTime(absl::string_view text);

// 48 to 128: no counted ban is wider.
absl::StatusOr<int> ParseIpv6Prefix(absl::string_view text);

// Addresses, `net/length` and `net/mask`, separated by blanks, commas or
// newlines. Names and `file:` lists are not supported yet.
absl::StatusOr<std::vector<IpNetwork>> ParseIgnoredNetworks(
    absl::string_view text);

// Globs, one a line.
struct LogPaths {
  std::vector<std::string> globs;
  // Those that ended in ` head` or ` tail`, which is an agent's to decide.
  std::vector<std::string> with_position;
};
absl::StatusOr<LogPaths> ParseLogPaths(absl::string_view text);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_JAIL_OPTION_H_
