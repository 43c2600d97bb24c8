#ifndef MXBAN_COORDINATOR_IDENTITIES_H_
#define MXBAN_COORDINATOR_IDENTITIES_H_

// Who calls the coordinator, and in which role.
//
// An agent is known by its certificate, an operator by a token, the unix
// socket, or a certificate, in this order. A certificate's role is what the
// roles file says of one of its names, or else its OU: agent, viewer or
// operator. One without a role may do nothing.
//
// Thread-safe; Refresh() is called by one thread.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/certificate.h"
#include "common/clock.h"
#include "common/followed_file.h"
#include "common/server_tls.h"
#include "common/tls.h"
#include "coordinator/caller.h"
#include "coordinator/role_file.h"
#include "coordinator/socket_listener.h"
#include "coordinator/token_file.h"
#include "grpcpp/server_context.h"

namespace mxban {

class Identities {
 public:
  struct Options {
    TlsFiles tls;            // Not wanted: agents are believed.
    std::string roles_file;  // May be empty, as the one below.
    std::string tokens_file;
  };

  // `clock` must outlive the identities. Errors name flag, file and line.
  static absl::StatusOr<std::unique_ptr<Identities>> Open(
      const Options& options, const Clock& clock);

  // Takes over files that have changed. Call it once a second.
  void Refresh();

  // Returns the server that an agent speaks for, or the errors of AgentService.
  absl::StatusOr<std::string> AgentOf(
      const grpc::ServerContextBase& context) const;

  // Returns a viewer or an operator, or the errors of AdminService.
  absl::StatusOr<Caller> OperatorOf(
      const grpc::ServerContextBase& context) const;

  // nullptr without TLS.
  const ServerTls* tls() const { return tls_.get(); }
  SocketPeers& socket_peers() { return socket_peers_; }

 private:
  explicit Identities(const Clock& clock) : clock_(clock) {}

  absl::StatusOr<Caller> OfToken(absl::string_view token) const;
  Caller OfSocket(const std::string& user) const;
  absl::StatusOr<Caller> OfCertificate(
      const grpc::ServerContextBase& context) const;
  std::vector<Role> RolesOf(const Certificate& certificate) const;

  const Clock& clock_;
  std::unique_ptr<ServerTls> tls_;
  std::unique_ptr<FollowedFile<RoleBook>> roles_;    // May be nullptr.
  std::unique_ptr<FollowedFile<TokenBook>> tokens_;  // Likewise.
  SocketPeers socket_peers_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_IDENTITIES_H_
