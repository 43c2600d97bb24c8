#ifndef MXBAN_COORDINATOR_ROLE_FILE_H_
#define MXBAN_COORDINATOR_ROLE_FILE_H_

// Who has which role, where certificates do not say it: --roles_file.
//
//   # NAME ROLE
//   mx1.example.net  agent
//   alice            operator
//   unix:monitoring  viewer
//
// NAME is the common name or a host name of a certificate, or `unix:` and the
// name of a user of the coordinator's host. ROLE is agent, viewer or operator.

#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/caller.h"

namespace mxban {

using RoleBook = absl::flat_hash_map<std::string, Role>;

// `agent`, `viewer`, `operator`, as files and certificates have them.
std::optional<Role> RoleFromName(absl::string_view name);

// INVALID_ARGUMENT names `path`, line and word.
absl::StatusOr<RoleBook> ParseRoles(absl::string_view text,
                                    absl::string_view path);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ROLE_FILE_H_
