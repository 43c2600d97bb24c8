#include "common/client_tls.h"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/certificate.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "spdlog/spdlog.h"

namespace mxban {

namespace tls = grpc::experimental;

struct ClientTls::Trusted {
  explicit Trusted(const Clock& c) : clock(c) {}

  // OK if nothing is known yet.
  absl::Status Check(const std::string& presented) {
    absl::MutexLock lock(&mutex);
    if (!authority.has_value() || presented.empty()) return absl::OkStatus();
    const absl::Status status = authority->Check(
        presented, CertificateAuthority::Purpose::kServer, clock.TimeNow());
    if (status.ok()) return status;
    return absl::PermissionDeniedError(
        absl::StrCat("the coordinator's certificate: ", status.message()));
  }

  const Clock& clock;
  absl::Mutex mutex;
  std::optional<CertificateAuthority> authority ABSL_GUARDED_BY(mutex);
  std::string chain ABSL_GUARDED_BY(mutex);  // Of the newest connection.
};

// Called by gRPC once the handshake is done and OpenSSL is content.
class ClientTls::Verifier final : public tls::ExternalCertificateVerifier {
 public:
  explicit Verifier(std::shared_ptr<Trusted> trusted)
      : trusted_(std::move(trusted)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> callback,
              grpc::Status* status) override {
    if (!host_names_.Verify(request, std::move(callback), status)) return false;
    if (!status->ok()) return true;
    const grpc::string_ref own = request->peer_cert();
    const grpc::string_ref all = request->peer_cert_full_chain();
    std::string chain(own.data(), own.size());
    chain.append(all.data(), all.size());
    *status = ToGrpcStatus(trusted_->Check(chain));
    absl::MutexLock lock(&trusted_->mutex);
    trusted_->chain = std::move(chain);
    return true;
  }

  void Cancel(tls::TlsCustomVerificationCheckRequest* request) override {
    host_names_.Cancel(request);
  }

 private:
  const std::shared_ptr<Trusted> trusted_;
  tls::HostNameCertificateVerifier host_names_;
};

ClientTls::ClientTls(TlsFiles files, bool insecure, const Clock& clock,
                     Certificate certificate)
    : files_(std::move(files)),
      insecure_(insecure),
      certificate_(certificate),
      trusted_(std::make_shared<Trusted>(clock)) {}

ClientTls::~ClientTls() = default;

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>>
ClientTls::Credentials(absl::string_view endpoint) {
  if (!files_.wanted()) {
    RETURN_IF_ERROR(AllowPlainText(endpoint, insecure_));
    return grpc::InsecureChannelCredentials();
  }
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Read());
  std::vector<tls::IdentityKeyCertPair> pairs;
  if (!identity_.cert.empty()) pairs.push_back({identity_.key, identity_.cert});
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<tls::StaticDataCertificateProvider>(trust_.ca, pairs));
  options.watch_root_certs();
  if (!pairs.empty()) options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<Verifier>(trusted_));
  return tls::TlsCredentials(options);
}

absl::Status ClientTls::CheckServer() {
  std::string chain;
  {
    absl::MutexLock lock(&trusted_->mutex);
    chain = trusted_->chain;
  }
  if (chain.empty()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Read());
  return trusted_->Check(chain);
}

// Both halves by themselves: a key that is being replaced must not keep a
// revocation from being heard.
absl::Status ClientTls::Read() {
  absl::Status spoilt;
  const bool has_identity = certificate_ == Certificate::kRequired ||
                            !files_.cert.empty() || !files_.key.empty();
  if (has_identity) {
    absl::StatusOr<TlsIdentity> identity = ReadTlsIdentity(files_);
    spoilt.Update(identity.status());
    if (identity.ok()) identity_ = *std::move(identity);
  }
  absl::StatusOr<TlsTrust> trust = ReadTlsTrust(files_);
  spoilt.Update(trust.status());
  if (trust.ok() && *trust != trust_) {
    ASSIGN_OR_RETURN(CertificateAuthority authority,
                     CertificateAuthority::Parse(trust->ca, trust->crls));
    trust_ = *std::move(trust);
    absl::MutexLock lock(&trusted_->mutex);
    trusted_->authority = std::move(authority);
  }
  const bool is_news = spoilt != std::exchange(status_, spoilt);
  if (trust_.ca.empty() || (has_identity && identity_.cert.empty())) {
    return spoilt;
  }
  if (is_news && !spoilt.ok()) {
    spdlog::error("{}; what was read before stays in use",
                  std::string(spoilt.message()));
  }
  return absl::OkStatus();
}

}  // namespace mxban
