#ifndef MXBAN_COMMON_TLS_H_
#define MXBAN_COMMON_TLS_H_

// Who may talk to whom, and in what: the rules that client_tls.h and
// server_tls.h share.
//
// TLS is mutual: both sides present a certificate of the same authority, but
// for operators, who may have a token instead. Plain text is for loopback and
// unix sockets; anywhere else it must be asked for.
//
// All files are read again when they change. What is spoilt, or does not fit
// together while one file is replaced after the other, is told in the log, and
// what was read before stays in use.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mxban {

// Paths of PEM files. The first three empty: no TLS. Only some: an error.
struct TlsFiles {
  std::string cert;  // This side's certificate, with intermediates.
  std::string key;
  std::string ca;   // Whose certificates the other side may present.
  std::string crl;  // Which of them no more: a file, or a folder. May be empty.

  bool wanted() const {
    return !cert.empty() || !key.empty() || !ca.empty() || !crl.empty();
  }
};

// What the files hold.
struct TlsIdentity {
  std::string cert, key;
  bool operator==(const TlsIdentity&) const = default;
};
struct TlsTrust {
  std::string ca;
  std::vector<std::string> crls;
  bool operator==(const TlsTrust&) const = default;
};

// INVALID_ARGUMENT, naming flag and file, if one is missing, or the key is not
// that of the certificate.
absl::StatusOr<TlsIdentity> ReadTlsIdentity(const TlsFiles& files);
absl::StatusOr<TlsTrust> ReadTlsTrust(const TlsFiles& files);

// Whether `endpoint` (gRPC's notation) cannot be reached from another host.
bool IsLocalEndpoint(absl::string_view endpoint);

// INVALID_ARGUMENT if `endpoint` would carry plain text over a network and
// `insecure` is false.
absl::Status AllowPlainText(absl::string_view endpoint, bool insecure);

// Leaves TLS 1.2 only what has forward secrecy and authenticated encryption:
// ECDHE with AES-GCM or ChaCha20; TLS 1.3 has nothing else, and gRPC speaks
// nothing older than 1.2. For the whole process, whatever its environment says;
// call it before gRPC starts.
void PinTlsCiphers();

}  // namespace mxban

#endif  // MXBAN_COMMON_TLS_H_
