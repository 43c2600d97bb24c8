#include "coordinator/token_file.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "coordinator/list_file.h"
#include "coordinator/role_file.h"

namespace mxban {
namespace {

constexpr size_t kHashDigits = 64;

bool IsHash(absl::string_view text) {
  return text.size() == kHashDigits &&
         std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

absl::StatusOr<absl::Time> ReadExpiry(const std::string& text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%Y-%m-%d", text, &time, &error) ||
      absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return time;
  }
  return absl::InvalidArgumentError(
      "the fourth word is no day such as 2027-01-31, and no time");
}

absl::StatusOr<Token> ReadToken(const std::vector<std::string>& words) {
  if (words.size() < 3 || words.size() > 4) {
    return absl::InvalidArgumentError("is not NAME ROLE SHA256 [EXPIRES]");
  }
  Token token;
  token.name = words[0];
  const std::optional<Role> role = RoleFromName(words[1]);
  if (!role.has_value() || role == Role::kAgent) {
    return absl::InvalidArgumentError(
        "the second word is none of viewer, operator");
  }
  token.role = *role;
  if (!IsHash(words[2])) {
    return absl::InvalidArgumentError(
        "the third word is no SHA-256 of 64 hexadecimal digits");
  }
  token.sha256 = absl::AsciiStrToLower(words[2]);
  if (words.size() == 4) {
    ASSIGN_OR_RETURN(token.expire_time, ReadExpiry(words[3]));
  }
  return token;
}

}  // namespace

absl::StatusOr<TokenBook> ParseTokens(absl::string_view text,
                                      absl::string_view path) {
  TokenBook tokens;
  RETURN_IF_ERROR(ForEachLine(
      text, path, [&](const std::vector<std::string>& words) -> absl::Status {
        ASSIGN_OR_RETURN(tokens.emplace_back(), ReadToken(words));
        return absl::OkStatus();
      }));
  return tokens;
}

const Token* FindToken(const TokenBook& tokens, absl::string_view token) {
  const std::string hash = Sha256Hex(token);
  const Token* found = nullptr;
  for (const Token& candidate : tokens) {
    if (AreSameSecrets(candidate.sha256, hash)) found = &candidate;
  }
  return found;
}

}  // namespace mxban
