#ifndef MXBAN_COMMON_CERTIFICATE_H_
#define MXBAN_COMMON_CERTIFICATE_H_

// X.509 certificates: what they say, and whether they are to be believed.
//
// Whoever verifies a certificate only when a connection begins believes it for
// as long as the connection lasts, and gRPC 1.51 reads revocation lists once.
// So a CertificateAuthority can be asked again at any time.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mxban {

// What a certificate says. A name with bytes other than printable ASCII is left
// out, for no name of ours has any.
struct Certificate {
  std::string common_name;              // CN; may be empty.
  std::vector<std::string> host_names;  // DNS names of subjectAltName.
  std::vector<std::string> units;       // Each OU.
  std::string serial;                   // In hexadecimal.
  absl::Time not_after;

  // What to call it in a log.
  std::string name() const;
};

// Reads the first certificate of a PEM text.
absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem);

// When the first of all certificates in a PEM text expires.
absl::StatusOr<absl::Time> EarliestExpiry(absl::string_view pem);

// INVALID_ARGUMENT unless `key` is the private key of the first certificate of
// `chain`, both in PEM.
absl::Status CheckKeyOf(absl::string_view chain, absl::string_view key);

// Thread-safe.
class CertificateAuthority {
 public:
  // Who presents a certificate: its extended key usage must allow that.
  enum class Purpose { kClient, kServer };

  // `roots` and each of `revocation_lists` are PEM, of one or several
  // certificates or lists.
  static absl::StatusOr<CertificateAuthority> Parse(
      absl::string_view roots,
      const std::vector<std::string>& revocation_lists);

  CertificateAuthority(CertificateAuthority&&) = default;
  CertificateAuthority& operator=(CertificateAuthority&&) = default;

  // PERMISSION_DENIED, and why, unless the first certificate of `chain` (PEM)
  // comes from this authority, has not expired at `now` and is not revoked.
  //
  // That it is valid already is for the handshake to see, by the host's clock:
  // `now` may be that of the fleet, which lags behind a clock that was set. An
  // authority without a list has revoked nothing. A list beyond its nextUpdate
  // holds: it were worse to let in whom it names, or nobody.
  absl::Status Check(absl::string_view chain, Purpose purpose,
                     absl::Time now) const;

 private:
  struct Store;
  struct StoreDeleter {
    void operator()(Store* store) const;
  };

  explicit CertificateAuthority(std::unique_ptr<Store, StoreDeleter> store)
      : store_(std::move(store)) {}

  std::unique_ptr<Store, StoreDeleter> store_;
};

}  // namespace mxban

#endif  // MXBAN_COMMON_CERTIFICATE_H_
