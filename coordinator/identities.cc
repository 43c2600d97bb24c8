#include "coordinator/identities.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/small_file.h"
#include "common/status_macros.h"
#include "coordinator/peer_identity.h"

namespace mxban {
namespace {

constexpr absl::string_view kBearer = "Bearer ";

// The flag in front of what is wrong with its file.
template <typename T>
absl::Status OfFlag(const char* flag, const absl::StatusOr<T>& result) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": ", result.status().message()));
}

// What the caller sends as its token; none if it sends none.
std::optional<absl::string_view> TokenIn(
    const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return std::nullopt;
  absl::string_view value(found->second.data(), found->second.size());
  if (!absl::StartsWithIgnoreCase(value, kBearer)) return "";
  return value.substr(kBearer.size());
}

bool Holds(const std::vector<Role>& roles, Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

absl::Status NoRole(const Certificate& certificate, absl::string_view whose) {
  return absl::PermissionDeniedError(absl::StrCat(
      "the certificate of ", certificate.name(), " is not ", whose));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Identities>> Identities::Open(
    const Options& options, const Clock& clock) {
  std::unique_ptr<Identities> identities(new Identities(clock));
  if (options.tls.wanted()) {
    ASSIGN_OR_RETURN(identities->tls_, ServerTls::Open(options.tls));
  }
  if (const std::string& path = options.roles_file; !path.empty()) {
    auto roles = FollowedFile<RoleBook>::Open(
        path,
        [path](absl::string_view text) { return ParseRoles(text, path); });
    if (!roles.ok()) return OfFlag("--roles_file", roles);
    identities->roles_ = *std::move(roles);
  }
  if (const std::string& path = options.tokens_file; !path.empty()) {
    auto tokens = FollowedFile<TokenBook>::Open(
        path,
        [path](absl::string_view text) { return ParseTokens(text, path); },
        CheckOnlyOwnerReads);
    if (!tokens.ok()) return OfFlag("--tokens_file", tokens);
    identities->tokens_ = *std::move(tokens);
  }
  return identities;
}

void Identities::Refresh() {
  if (tls_ != nullptr) tls_->Refresh();
  if (roles_ != nullptr) roles_->Refresh();
  if (tokens_ != nullptr) tokens_->Refresh();
}

absl::StatusOr<std::string> Identities::AgentOf(
    const grpc::ServerContextBase& context) const {
  ASSIGN_OR_RETURN(std::string name, StatedServerName(context));
  // A socket, or plain text on a listener that was allowed to speak it.
  if (tls_ == nullptr) return name;
  ASSIGN_OR_RETURN(const std::optional<Certificate> certificate,
                   tls_->ClientOf(context, clock_.TimeNow()));
  if (!certificate.has_value()) {
    return absl::UnauthenticatedError("an agent needs a certificate");
  }
  if (!Holds(RolesOf(*certificate), Role::kAgent)) {
    return NoRole(*certificate, "an agent's");
  }
  const std::vector<std::string>& names = certificate->host_names;
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return absl::PermissionDeniedError(
        absl::StrCat("the certificate does not bear the name ", name));
  }
  return name;
}

absl::StatusOr<Caller> Identities::OperatorOf(
    const grpc::ServerContextBase& context) const {
  if (const auto token = TokenIn(context); token.has_value()) {
    return OfToken(*token);
  }
  const std::optional<std::string> user = socket_peers_.UserOf(context.peer());
  if (user.has_value()) return OfSocket(*user);
  return OfCertificate(context);
}

absl::StatusOr<Caller> Identities::OfToken(absl::string_view token) const {
  const auto tokens = tokens_ == nullptr ? nullptr : tokens_->value();
  const Token* found = tokens == nullptr ? nullptr : FindToken(*tokens, token);
  // An empty one may be in the file by a slip: printf %s "$UNSET" | sha256sum.
  if (found == nullptr || token.empty()) {
    return absl::UnauthenticatedError(
        "the token is not one that is known here: is its line in the "
        "coordinator's --tokens_file?");
  }
  if (found->expire_time <= clock_.TimeNow()) {
    return absl::UnauthenticatedError(
        absl::StrCat("the token of ", found->name, " has expired"));
  }
  return Caller{absl::StrCat("token:", found->name), found->role};
}

Caller Identities::OfSocket(const std::string& user) const {
  Caller caller = {absl::StrCat("unix:", user), Role::kOperator};
  if (roles_ == nullptr) return caller;
  const std::shared_ptr<const RoleBook> book = roles_->value();
  const auto found = book->find(caller.name);
  if (found != book->end()) caller.role = found->second;
  return caller;
}

absl::StatusOr<Caller> Identities::OfCertificate(
    const grpc::ServerContextBase& context) const {
  std::optional<Certificate> certificate;
  if (tls_ != nullptr) {
    ASSIGN_OR_RETURN(certificate, tls_->ClientOf(context, clock_.TimeNow()));
  }
  if (!certificate.has_value()) {
    return absl::UnauthenticatedError(
        "there is neither a certificate nor a token: give --tls_cert and "
        "--tls_key, or --token_file");
  }
  const std::vector<Role> roles = RolesOf(*certificate);
  if (Holds(roles, Role::kOperator)) {
    return Caller{certificate->name(), Role::kOperator};
  }
  if (Holds(roles, Role::kViewer)) {
    return Caller{certificate->name(), Role::kViewer};
  }
  return NoRole(*certificate, "an operator's or a viewer's");
}

std::vector<Role> Identities::RolesOf(const Certificate& certificate) const {
  std::vector<std::string> names = certificate.host_names;
  names.push_back(certificate.common_name);
  if (roles_ != nullptr) {
    const std::shared_ptr<const RoleBook> book = roles_->value();
    for (const std::string& name : names) {
      const auto found = book->find(name);
      // Users of the host are no certificates.
      if (found != book->end() && !absl::StrContains(name, ':')) {
        return {found->second};
      }
    }
  }
  std::vector<Role> roles;
  for (const std::string& unit : certificate.units) {
    if (const auto role = RoleFromName(unit); role.has_value()) {
      roles.push_back(*role);
    }
  }
  return roles;
}

}  // namespace mxban
