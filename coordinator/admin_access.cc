#include "coordinator/admin_access.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {

std::optional<Role> AdminAccess::LeastRole(absl::string_view method) {
  static const auto& roles = *new absl::flat_hash_map<absl::string_view, Role>{
      {"GetStatus", Role::kViewer},
      {"ListBans", Role::kViewer},
      {"WatchBans", Role::kViewer},
      {"ListAgents", Role::kViewer},
      {"ListJails", Role::kViewer},
      {"ListAllowedSources", Role::kViewer},
      {"ListHeldBans", Role::kViewer},
      {"ExplainSource", Role::kViewer},
      {"SummarizeFailures", Role::kViewer},
      {"ListAuditRecords", Role::kViewer},
      {"ImposeBan", Role::kOperator},
      {"PardonBan", Role::kOperator},
      {"ReloadJails", Role::kOperator},
      {"AllowSource", Role::kOperator},
      {"DisallowSource", Role::kOperator},
      {"PauseEnforcement", Role::kOperator},
      {"ResumeEnforcement", Role::kOperator},
      {"UndoBans", Role::kOperator},
      {"ReleaseHeldBans", Role::kOperator},
      {"DropHeldBans", Role::kOperator},
  };
  const auto found = roles.find(method);
  if (found == roles.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<Caller> AdminAccess::Check(
    const grpc::CallbackServerContext& context,
    absl::string_view method) const {
  absl::StatusOr<Caller> caller = Decide(context, method);
  // Whoever is not known at all could fill the log, and so could a viewer who
  // does not give up.
  if (absl::IsPermissionDenied(caller.status()) &&
      log_quota_.Take(std::string(method), 1, clock_.TimeNow()) ==
          AgentQuota::Verdict::kGranted) {
    spdlog::warn("{} from {} refused: {}", std::string(method), context.peer(),
                 std::string(caller.status().message()));
  }
  return caller;
}

absl::StatusOr<Caller> AdminAccess::Decide(
    const grpc::CallbackServerContext& context,
    absl::string_view method) const {
  const std::optional<Role> least = LeastRole(method);
  if (!least.has_value()) {
    return absl::PermissionDeniedError(
        absl::StrCat("nobody may call ", method));
  }
  ASSIGN_OR_RETURN(Caller caller, identities_.OperatorOf(context));
  if (caller.role < *least) {
    return absl::PermissionDeniedError(absl::StrCat(
        caller.name, " is a viewer, ", method, " is for operators"));
  }
  return caller;
}

OpenCalls::Ticket AdminAccess::Follow(grpc::CallbackServerContext& context,
                                      const char* method) const {
  return open_calls_.Add(context, [this, &context, method] {
    return Decide(context, method).status();
  });
}

}  // namespace mxban
