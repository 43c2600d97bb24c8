#include "ctl/new_token.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/secret.h"
#include "common/small_file.h"

namespace mxban::ctl {
namespace {

bool IsWord(const std::string& name) {
  return !name.empty() && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' ||
                  c == '@';
         });
}

}  // namespace

absl::Status ValidateTokenRequest(const NewTokenRequest& request) {
  if (!IsWord(request.name)) {
    return absl::InvalidArgumentError(
        "NAME: letters, digits and .-_@, 100 at most");
  }
  absl::Time day;
  std::string error;
  if (request.expires.empty() ||
      absl::ParseTime("%Y-%m-%d", request.expires, &day, &error)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--expires: '", request.expires, "' is no day such as 2027-01-31"));
}

void PrintNewToken(const NewTokenRequest& request, bool json,
                   std::ostream& out) {
  const std::string token = NewToken();
  std::string line =
      absl::StrCat(request.name, " ", request.role, " ", Sha256Hex(token));
  if (!request.expires.empty()) absl::StrAppend(&line, " ", request.expires);
  if (json) {
    out << "{\"token\":\"" << token << "\",\"line\":\"" << line << "\"}\n";
    return;
  }
  out << "the token, for a file of mode 0600 that --token_file names:\n"
      << token << "\nthe line for the coordinator's --tokens_file:\n"
      << line << '\n';
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  absl::Status status = CheckOnlyOwnerReads(path);
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  status.Update(text.status());
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token_file: ", status.message()));
  }
  const absl::string_view token = absl::StripAsciiWhitespace(*text);
  const bool is_token =
      !token.empty() &&
      std::all_of(token.begin(), token.end(), absl::ascii_isxdigit);
  if (is_token) return std::string(token);
  return absl::InvalidArgumentError(
      absl::StrCat("--token_file: '", path, "' holds no token"));
}

}  // namespace mxban::ctl
