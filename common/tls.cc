#include "common/tls.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/ip_network.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

struct TlsContents {
  std::string cert, key, ca;
};

absl::StatusOr<std::string> ReadFile(absl::string_view flag,
                                     const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": missing; TLS needs all three files"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": cannot read '", path, "': ", std::strerror(errno)));
  }
  std::string contents{std::istreambuf_iterator<char>(file), {}};
  if (contents.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": '", path, "' is empty"));
  }
  return contents;
}

absl::StatusOr<TlsContents> ReadFiles(const TlsFiles& files) {
  TlsContents contents;
  ASSIGN_OR_RETURN(contents.cert, ReadFile("--tls_cert", files.cert));
  ASSIGN_OR_RETURN(contents.key, ReadFile("--tls_key", files.key));
  ASSIGN_OR_RETURN(contents.ca, ReadFile("--tls_ca", files.ca));
  return contents;
}

bool WantsTls(const TlsFiles& files) {
  return !files.cert.empty() || !files.key.empty() || !files.ca.empty();
}

// Whether plain text will do.
absl::Status AllowPlainText(absl::string_view endpoint, bool insecure) {
  if (insecure || IsLocalEndpoint(endpoint)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("plain text to or from ", endpoint,
                   " could be read and forged: give --tls_cert, --tls_key and "
                   "--tls_ca, or say --insecure"));
}

}  // namespace

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

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    absl::string_view endpoint, const TlsFiles& files, bool insecure) {
  if (!WantsTls(files)) {
    RETURN_IF_ERROR(AllowPlainText(endpoint, insecure));
    return grpc::InsecureServerCredentials();
  }
  ASSIGN_OR_RETURN(const TlsContents contents, ReadFiles(files));
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = contents.ca;
  options.pem_key_cert_pairs.push_back({contents.key, contents.cert});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(
    absl::string_view endpoint, const TlsFiles& files, bool insecure) {
  if (!WantsTls(files)) {
    RETURN_IF_ERROR(AllowPlainText(endpoint, insecure));
    return grpc::InsecureChannelCredentials();
  }
  ASSIGN_OR_RETURN(const TlsContents contents, ReadFiles(files));
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = contents.ca;
  options.pem_private_key = contents.key;
  options.pem_cert_chain = contents.cert;
  return grpc::SslCredentials(options);
}

}  // namespace mxban
