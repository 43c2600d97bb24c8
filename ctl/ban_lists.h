#ifndef MXBAN_CTL_BAN_LISTS_H_
#define MXBAN_CTL_BAN_LISTS_H_

// Reads lists of bans that others keep as text.

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ctl/listed_ban.h"

namespace mxban::ctl {

// The longest list that is read; some three million addresses.
inline constexpr size_t kMaxListBytes = 64 << 20;

// The contents of the file at `path`, or of `standard_input` if that is `-`.
// NOT_FOUND or RESOURCE_EXHAUSTED say what is wrong with it.
absl::StatusOr<std::string> ReadList(const std::string& path,
                                     std::istream& standard_input);

// A ban a line, as FormatListed() writes it, or an address or network alone;
// `#` and `;` begin a comment. Errors name `path` and the line.
std::vector<ListedBan> ParseTextList(absl::string_view text,
                                     const std::string& path);

// `192.0.2.1 sendmail-auth 2026-11-26T22:00:00Z`, or `ever`.
std::string FormatListed(absl::string_view source, absl::string_view jail,
                         absl::Time expire_time);

// What `cscli decisions list -o json` prints. Only bans of addresses and
// networks count, and neither those that are simulated nor those that are over.
// INVALID_ARGUMENT if it is something else.
absl::StatusOr<std::vector<ListedBan>> ParseCrowdSecDecisions(
    const std::string& text, absl::Time now);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_BAN_LISTS_H_
