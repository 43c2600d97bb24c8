#include "coordinator/peer_identity.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/security/auth_context.h"

namespace mxban {
namespace {

// A host name, in the widest sense that is still safe to print.
bool IsServerName(const std::string& name) {
  return !name.empty() && name.size() <= 253 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

absl::StatusOr<std::string> ServerNameOf(
    const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto stated = metadata.find(kServerNameKey);
  if (stated == metadata.end()) {
    return absl::UnauthenticatedError(
        absl::StrCat("no server name in metadata ", kServerNameKey));
  }
  std::string name(stated->second.data(), stated->second.size());
  if (!IsServerName(name)) {
    return absl::UnauthenticatedError("the server name is not a host name");
  }
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  // A socket, or plain text on a listener that was allowed to speak it.
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return name;
  const std::vector<grpc::string_ref> identities = auth->GetPeerIdentity();
  if (std::find(identities.begin(), identities.end(), name) ==
      identities.end()) {
    return absl::PermissionDeniedError(
        absl::StrCat("the certificate does not bear the name ", name));
  }
  return name;
}

}  // namespace mxban
