#ifndef MXBAN_COORDINATOR_TOKEN_FILE_H_
#define MXBAN_COORDINATOR_TOKEN_FILE_H_

// Operators and programs that have a token in place of a certificate:
// --tokens_file.
//
//   # NAME ROLE SHA256 [EXPIRES]
//   grafana viewer 5f0b...e2c1
//   alice operator 91d3...07aa 2027-01-01
//
// `mxbanctl token NAME` makes such a line. Only the hash of a token is kept, so
// that who reads the file cannot use it; common/secret.h says why a plain one
// will do. EXPIRES is a day or an RFC 3339 time, in UTC.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/caller.h"

namespace mxban {

struct Token {
  std::string name;
  Role role = Role::kViewer;
  std::string sha256;  // In lower-case hexadecimal.
  absl::Time expire_time = absl::InfiniteFuture();
};

using TokenBook = std::vector<Token>;

// INVALID_ARGUMENT names `path`, line and word, and no hash.
absl::StatusOr<TokenBook> ParseTokens(absl::string_view text,
                                      absl::string_view path);

// What the file says of `token`; nullptr if there is none. How long that takes
// tells nothing of the hashes.
const Token* FindToken(const TokenBook& tokens, absl::string_view token);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_TOKEN_FILE_H_
