#include "coordinator/peer_identity.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

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

absl::StatusOr<std::string> StatedServerName(
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
  return name;
}

}  // namespace mxban
