#include "common/tls.h"

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/certificate.h"
#include "common/ip_network.h"
#include "common/small_file.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::Status OfFlag(absl::string_view flag, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", status.message()));
}

absl::Status OfFile(absl::string_view flag, const std::string& path,
                    const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": '", path, "' ", status.message()));
}

absl::StatusOr<std::string> Read(absl::string_view flag,
                                 const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": missing; TLS needs all three files"));
  }
  absl::StatusOr<std::string> contents = ReadSmallFile(path);
  if (!contents.ok()) return OfFlag(flag, contents.status());
  return contents;
}

}  // namespace

absl::StatusOr<TlsIdentity> ReadTlsIdentity(const TlsFiles& files) {
  TlsIdentity identity;
  ASSIGN_OR_RETURN(identity.cert, Read("--tls_cert", files.cert));
  RETURN_IF_ERROR(OfFile("--tls_cert", files.cert,
                         ParseCertificate(identity.cert).status()));
  ASSIGN_OR_RETURN(identity.key, Read("--tls_key", files.key));
  RETURN_IF_ERROR(
      OfFile("--tls_key", files.key, CheckKeyOf(identity.cert, identity.key)));
  return identity;
}

absl::StatusOr<TlsTrust> ReadTlsTrust(const TlsFiles& files) {
  TlsTrust trust;
  ASSIGN_OR_RETURN(trust.ca, Read("--tls_ca", files.ca));
  RETURN_IF_ERROR(OfFile("--tls_ca", files.ca,
                         CertificateAuthority::Parse(trust.ca, {}).status()));
  if (files.crl.empty()) return trust;
  absl::StatusOr<std::vector<std::string>> crls = ReadSmallFiles(files.crl);
  if (!crls.ok()) return OfFlag("--tls_crl", crls.status());
  trust.crls = *std::move(crls);
  RETURN_IF_ERROR(
      OfFile("--tls_crl", files.crl,
             CertificateAuthority::Parse(trust.ca, trust.crls).status()));
  return trust;
}

bool IsLocalEndpoint(absl::string_view endpoint) {
  if (absl::StartsWith(endpoint, "unix:") ||
      absl::StartsWith(endpoint, "localhost:") ||
      absl::StartsWith(endpoint, "[::1]:")) {
    return true;
  }
  // An address: a name may begin with 127. and be anywhere.
  const absl::StatusOr<IpNetwork> address =
      IpNetwork::Parse(endpoint.substr(0, endpoint.rfind(':')));
  return address.ok() &&
         IpNetwork::ParseOrDie("127.0.0.0/8").Contains(*address);
}

absl::Status AllowPlainText(absl::string_view endpoint, bool insecure) {
  if (insecure || IsLocalEndpoint(endpoint)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("plain text to or from ", endpoint,
                   " could be read and forged: give --tls_cert, --tls_key and "
                   "--tls_ca, or say --insecure"));
}

void PinTlsCiphers() {
  setenv("GRPC_SSL_CIPHER_SUITES",
         "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
         "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
         "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
         /*overwrite=*/1);
}

}  // namespace mxban
