#ifndef MXBAN_COMMON_TLS_H_
#define MXBAN_COMMON_TLS_H_

// Who may talk to whom, and in what: the rules for gRPC credentials.
//
// TLS is mutual: both sides present a certificate of the same authority. Plain
// text is for loopback and unix sockets; anywhere else it must be asked for.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace mxban {

// Paths of PEM files. All empty: no TLS. Only some of them: an error.
struct TlsFiles {
  std::string cert;  // This side's certificate, with intermediates.
  std::string key;
  std::string ca;  // Whose certificates the other side may present.
};

// Whether `endpoint` (gRPC's notation) cannot be reached from another host.
bool IsLocalEndpoint(absl::string_view endpoint);

// INVALID_ARGUMENT when files are missing or unreadable, or when `endpoint`
// would carry plain text over a network and `insecure` is false.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    absl::string_view endpoint, const TlsFiles& files, bool insecure);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(
    absl::string_view endpoint, const TlsFiles& files, bool insecure);

}  // namespace mxban

#endif  // MXBAN_COMMON_TLS_H_
