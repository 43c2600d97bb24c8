#ifndef MXBAN_COMMON_SERVER_TLS_H_
#define MXBAN_COMMON_SERVER_TLS_H_

// The TLS of a server's listeners, and who is at the other end of a call.
//
// gRPC's own watcher of files would take a key that does not fit its
// certificate yet, and from then on shake no hands. So the files are read and
// tried here, and handed to it in memory, as a whole.
//
// A certificate is verified by OpenSSL when a connection begins, and here at
// each call: by then it may have expired, or been revoked, or its authority
// may not be trusted any more. What was found good is remembered until it
// expires or the files change, so that asking again costs next to nothing.

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/certificate.h"
#include "common/staged_file.h"
#include "common/tls.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/server_context.h"

namespace mxban {

// Thread-safe; Refresh() is called by one thread.
class ServerTls {
 public:
  // INVALID_ARGUMENT, naming flag and file, unless all is right.
  static absl::StatusOr<std::unique_ptr<ServerTls>> Open(const TlsFiles& files);

  // For listeners. A client that comes without a certificate is turned away by
  // the first and let in by the second, one with a bad certificate never is.
  std::shared_ptr<grpc::ServerCredentials> RequireCertificate() const;
  std::shared_ptr<grpc::ServerCredentials> OptionalCertificate() const;

  // Takes over files that have changed. Call it once a second; new connections
  // see the change within two.
  void Refresh();

  // The certificate of the client that makes the call, good at `now`; none if
  // it has none. PERMISSION_DENIED, and why, if it is not good.
  absl::StatusOr<std::optional<Certificate>> ClientOf(
      const grpc::ServerContextBase& context, absl::Time now) const;

 private:
  struct Known {
    Certificate certificate;
    absl::Time good_until;  // The first expiry in its chain.
  };

  explicit ServerTls(const TlsFiles& files) : files_(files) {}

  absl::Status ReadIdentity();
  absl::Status ReadTrust();
  std::shared_ptr<grpc::ServerCredentials> Credentials(
      grpc_ssl_client_certificate_request_type request) const;

  const TlsFiles files_;
  absl::Status identity_status_, trust_status_;  // Of the last Refresh().
  TlsIdentity identity_;
  TlsTrust trust_;
  StagedFile staged_identity_, staged_ca_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const CertificateAuthority> authority_
      ABSL_GUARDED_BY(mutex_);
  // By chain, in PEM.
  mutable absl::flat_hash_map<std::string, Known> known_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COMMON_SERVER_TLS_H_
