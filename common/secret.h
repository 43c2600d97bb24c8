#ifndef MXBAN_COMMON_SECRET_H_
#define MXBAN_COMMON_SECRET_H_

// Bearer tokens: how one is made, and what of it may be kept.
//
// A token has 256 random bits, so nobody can try them all, and a plain SHA-256
// of it tells nothing. The slow, salted hashes of passwords are for secrets
// that people choose.

#include <string>

#include "absl/strings/string_view.h"

namespace mxban {

// A new token, in 64 hexadecimal digits.
std::string NewToken();

// The SHA-256 of `bytes`, in 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

// Whether both are the same, in a time that does not depend on where they
// differ.
bool AreSameSecrets(absl::string_view a, absl::string_view b);

}  // namespace mxban

#endif  // MXBAN_COMMON_SECRET_H_
