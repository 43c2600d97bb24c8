#ifndef MXBAN_COORDINATOR_IGNORE_LIST_H_
#define MXBAN_COORDINATOR_IGNORE_LIST_H_

// What `ignoreip` says: networks, the names of hosts, and files of the same.
//
//   ignoreip = 127.0.0.1/8 ::1, 192.0.2.0/255.255.255.0
//              office.example.net file:/etc/mxban/customers
//
// Words are separated by blanks, commas or newlines. In a file `#` and `;`
// begin a comment, and `file:` is not allowed. What names and files come to,
// ignored_sources.h says.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ip_network.h"

namespace mxban {

struct IgnoreList {
  std::vector<IpNetwork> networks;
  std::vector<std::string> names;
  std::vector<std::string> files;  // Absolute paths.

  // How many words it took to say so.
  size_t size() const { return networks.size() + names.size() + files.size(); }

  friend bool operator==(const IgnoreList&, const IgnoreList&) = default;
};

// The most that a value or a file may hold.
inline constexpr size_t kMaxIgnoredWords = 100'000;
inline constexpr size_t kMaxIgnoreFileBytes = 1 << 20;

// Reads the value of the option. INVALID_ARGUMENT quotes the word that is none
// of these, or says that they are too many.
absl::StatusOr<IgnoreList> ParseIgnoreList(absl::string_view text);

// Reads the file at `path`. INVALID_ARGUMENT says `path:line: what`, or that it
// cannot be read or is too long.
absl::StatusOr<IgnoreList> ReadIgnoreFile(const std::string& path);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_IGNORE_LIST_H_
