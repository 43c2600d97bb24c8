#include "coordinator/role_file.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/list_file.h"

namespace mxban {
namespace {

absl::Status AddRole(const std::vector<std::string>& words, RoleBook& book) {
  if (words.size() != 2) {
    return absl::InvalidArgumentError("is not NAME ROLE");
  }
  const std::optional<Role> role = RoleFromName(words[1]);
  if (!role.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", words[1], "' is none of agent, viewer, operator"));
  }
  if (absl::StartsWith(words[0], "unix:") && role == Role::kAgent) {
    return absl::InvalidArgumentError("a user is no agent");
  }
  if (!book.emplace(words[0], *role).second) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", words[0], "' has a role already"));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<Role> RoleFromName(absl::string_view name) {
  if (name == "agent") return Role::kAgent;
  if (name == "viewer") return Role::kViewer;
  if (name == "operator") return Role::kOperator;
  return std::nullopt;
}

absl::StatusOr<RoleBook> ParseRoles(absl::string_view text,
                                    absl::string_view path) {
  RoleBook book;
  RETURN_IF_ERROR(
      ForEachLine(text, path, [&](const std::vector<std::string>& words) {
        return AddRole(words, book);
      }));
  return book;
}

}  // namespace mxban
