#ifndef MXBAN_CTL_NEW_TOKEN_H_
#define MXBAN_CTL_NEW_TOKEN_H_

// Tokens: making one, and reading the one that is ours.

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mxban::ctl {

struct NewTokenRequest {
  std::string name;
  std::string role = "viewer";
  std::string expires;  // Empty for never.
};

// INVALID_ARGUMENT unless the name is a word and the expiry a day.
absl::Status ValidateTokenRequest(const NewTokenRequest& request);

// Makes a token and prints it, and the line for the coordinator's tokens file.
// It is kept nowhere. REQUIRES: the request is valid.
void PrintNewToken(const NewTokenRequest& request, bool json,
                   std::ostream& out);

// Reads a token from its file, which nobody but its owner may read. Errors name
// the flag.
absl::StatusOr<std::string> ReadToken(const std::string& path);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_NEW_TOKEN_H_
