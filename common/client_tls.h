#ifndef MXBAN_COMMON_CLIENT_TLS_H_
#define MXBAN_COMMON_CLIENT_TLS_H_

// How a client comes to a coordinator and knows that it is one: its
// certificate must come from the authority, be for servers, bear the name that
// was called, and not be revoked.
//
// Thread-safe.

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "common/tls.h"
#include "grpcpp/security/credentials.h"

namespace mxban {

class ClientTls {
 public:
  // Whether the client may come without a certificate, for it has a token.
  enum class Certificate { kRequired, kOptional };

  // `clock` must outlive the object and what it gives away.
  ClientTls(TlsFiles files, bool insecure, const Clock& clock,
            Certificate certificate = Certificate::kRequired);
  ~ClientTls();

  // What a new connection to `endpoint` is made with: the files as they are
  // now, or, if they are spoilt, as they were. INVALID_ARGUMENT if they never
  // were right, or if `endpoint` would be spoken to in plain text over a
  // network and `insecure` is false.
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
      absl::string_view endpoint);

  // Whether the certificate that the newest connection was shown is still
  // good. OK if there was none.
  absl::Status CheckServer();

 private:
  class Verifier;
  struct Trusted;  // What a verifier shares, for it may outlive this.

  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TlsFiles files_;
  const bool insecure_;
  const Certificate certificate_;
  const std::shared_ptr<Trusted> trusted_;

  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // Of the last Read().
  TlsIdentity identity_ ABSL_GUARDED_BY(mutex_);
  TlsTrust trust_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COMMON_CLIENT_TLS_H_
