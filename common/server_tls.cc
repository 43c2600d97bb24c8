#include "common/server_tls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr unsigned kRefreshSeconds = 1;
constexpr size_t kMaxKnown = 10'000;

// The PEM of whoever is at the other end: its certificate, and what it sent
// beside it; empty if it sent none.
std::string ChainOf(const grpc::ServerContextBase& context) {
  std::string chain;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr) return chain;
  for (const char* property : {GRPC_X509_PEM_CERT_PROPERTY_NAME,
                               GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME}) {
    for (const grpc::string_ref& pem : auth->FindPropertyValues(property)) {
      chain.append(pem.data(), pem.size());
    }
  }
  return chain;
}

// Tells once what keeps files from being used.
void Note(const absl::Status& status, absl::Status& last) {
  if (status == last) return;
  last = status;
  if (status.ok()) return;
  spdlog::error("{}; what was read before stays in use",
                std::string(status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerTls>> ServerTls::Open(
    const TlsFiles& files) {
  std::unique_ptr<ServerTls> server(new ServerTls(files));
  RETURN_IF_ERROR(server->ReadIdentity());
  RETURN_IF_ERROR(server->ReadTrust());
  // Key and certificate in one file cannot but change together.
  const std::string identity = server->staged_identity_.path();
  server->provider_ =
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          identity, identity, server->staged_ca_.path(), kRefreshSeconds);
  return server;
}

std::shared_ptr<grpc::ServerCredentials> ServerTls::RequireCertificate() const {
  return Credentials(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
}

std::shared_ptr<grpc::ServerCredentials> ServerTls::OptionalCertificate()
    const {
  return Credentials(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
}

std::shared_ptr<grpc::ServerCredentials> ServerTls::Credentials(
    grpc_ssl_client_certificate_request_type request) const {
  grpc::experimental::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(request);
  return grpc::experimental::TlsServerCredentials(options);
}

// Each half by itself: a key that is being replaced must not keep a revocation
// from being heard.
void ServerTls::Refresh() {
  Note(ReadIdentity(), identity_status_);
  Note(ReadTrust(), trust_status_);
}

absl::Status ServerTls::ReadIdentity() {
  ASSIGN_OR_RETURN(TlsIdentity identity, ReadTlsIdentity(files_));
  if (identity == identity_) return absl::OkStatus();
  RETURN_IF_ERROR(staged_identity_.Replace(
      absl::StrCat(identity.key, "\n", identity.cert)));
  if (!identity_.cert.empty()) {
    spdlog::info("--tls_cert: '{}' has changed and is in use", files_.cert);
  }
  identity_ = std::move(identity);
  return absl::OkStatus();
}

absl::Status ServerTls::ReadTrust() {
  ASSIGN_OR_RETURN(TlsTrust trust, ReadTlsTrust(files_));
  if (trust == trust_) return absl::OkStatus();
  ASSIGN_OR_RETURN(CertificateAuthority authority,
                   CertificateAuthority::Parse(trust.ca, trust.crls));
  if (trust.ca != trust_.ca) {
    RETURN_IF_ERROR(staged_ca_.Replace(trust.ca));
  }
  if (!trust_.ca.empty()) {
    spdlog::info("what --tls_ca and --tls_crl say has changed");
  }
  trust_ = std::move(trust);
  absl::MutexLock lock(&mutex_);
  authority_ =
      std::make_shared<const CertificateAuthority>(std::move(authority));
  known_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Certificate>> ServerTls::ClientOf(
    const grpc::ServerContextBase& context, absl::Time now) const {
  const std::string chain = ChainOf(context);
  if (chain.empty()) return std::nullopt;
  std::shared_ptr<const CertificateAuthority> authority;
  {
    absl::MutexLock lock(&mutex_);
    const auto known = known_.find(chain);
    if (known != known_.end() && now < known->second.good_until) {
      return known->second.certificate;
    }
    authority = authority_;
  }
  ASSIGN_OR_RETURN(Certificate certificate, ParseCertificate(chain));
  const absl::Status status =
      authority->Check(chain, CertificateAuthority::Purpose::kClient, now);
  if (!status.ok()) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the certificate of ", certificate.name(), ": ", status.message()));
  }
  ASSIGN_OR_RETURN(const absl::Time good_until, EarliestExpiry(chain));
  absl::MutexLock lock(&mutex_);
  // Unless the files have changed meanwhile.
  if (authority == authority_) {
    if (known_.size() >= kMaxKnown) known_.clear();
    known_[chain] = {certificate, good_until};
  }
  return certificate;
}

}  // namespace mxban
