#include "coordinator/admin_listeners.h"

#include <deque>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "coordinator/peer_limits.h"
#include "coordinator/server_settings.h"

namespace mxban {
namespace {

absl::Status Complaint(absl::string_view listener, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("--admin_listen: '", listener, "' ", what));
}

constexpr auto kOpenToAll = std::filesystem::perms(0755);

absl::StatusOr<std::unique_ptr<SocketListener>> BindSocket(
    const std::string& path, const std::string& group) {
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(folder, error);
  // Who may come in is for the socket itself to say.
  if (is_new) std::filesystem::permissions(folder, kOpenToAll, error);
  if (error) {
    return Complaint(
        absl::StrCat("unix:", path),
        absl::StrCat("is in a folder that cannot be made: ", error.message()));
  }
  return SocketListener::Bind(path, group);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminListeners>> AdminListeners::Start(
    const Options& options, grpc::Service& service, Identities& identities) {
  std::unique_ptr<AdminListeners> listeners(new AdminListeners);
  grpc::ServerBuilder builder;
  SetUpServer(service, builder);
  LimitPeers(builder);
  std::deque<int> ports;  // gRPC fills them in.
  for (const absl::string_view listener :
       absl::StrSplit(options.listen, ',', absl::SkipWhitespace())) {
    absl::string_view path = listener;
    if (absl::ConsumePrefix(&path, "unix:")) {
      ASSIGN_OR_RETURN(listeners->sockets_.emplace_back(),
                       BindSocket(std::string(path), options.group));
      continue;
    }
    if (path.find(':') == path.npos || path.front() == '/') {
      return Complaint(listener, "is neither unix:PATH nor ADDRESS:PORT");
    }
    if (identities.tls() == nullptr) {
      return Complaint(listener,
                       "needs --tls_cert, --tls_key and --tls_ca: plain text "
                       "does not tell who an operator is");
    }
    builder.AddListeningPort(std::string(listener),
                             identities.tls()->OptionalCertificate(),
                             &ports.emplace_back(0));
  }
  if (ports.empty() && listeners->sockets_.empty()) {
    return absl::InvalidArgumentError("--admin_listen: names no listener");
  }
  listeners->server_ = builder.BuildAndStart();
  if (listeners->server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("--admin_listen: cannot listen on ", options.listen));
  }
  if (!ports.empty()) listeners->port_ = ports.front();
  for (const auto& socket : listeners->sockets_) {
    socket->Serve(*listeners->server_, identities.socket_peers());
  }
  return listeners;
}

void AdminListeners::Shutdown(std::chrono::system_clock::time_point deadline) {
  for (const auto& socket : sockets_) socket->Stop();
  server_->Shutdown(deadline);
}

}  // namespace mxban
