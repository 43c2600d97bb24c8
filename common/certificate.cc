#include "common/certificate.h"

#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/printable_text.h"
#include "common/status_macros.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "openssl/x509_vfy.h"
#include "openssl/x509v3.h"

namespace mxban {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPointer = std::unique_ptr<BIO, Freer<BIO_free>>;
using X509Pointer = std::unique_ptr<X509, Freer<X509_free>>;
using CrlPointer = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

BioPointer Open(absl::string_view text) {
  return BioPointer(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a passphrase must not have OpenSSL ask the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

// All that PEM_read of its kind finds in `text`; what is of other kinds is
// passed over. INVALID_ARGUMENT if one is spoilt.
template <auto Read, typename Pointer>
absl::StatusOr<std::vector<Pointer>> ReadAll(absl::string_view text,
                                             const char* kind) {
  ERR_clear_error();
  const BioPointer bio = Open(text);
  std::vector<Pointer> all;
  while (true) {
    Pointer next(Read(bio.get(), nullptr, NoPassphrase, nullptr));
    if (next == nullptr) break;
    all.push_back(std::move(next));
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return absl::InvalidArgumentError(absl::StrCat("holds a spoilt ", kind));
  }
  return all;
}

absl::StatusOr<std::vector<X509Pointer>> ReadCertificates(
    absl::string_view pem) {
  ASSIGN_OR_RETURN(
      std::vector<X509Pointer> all,
      (ReadAll<PEM_read_bio_X509, X509Pointer>(pem, "certificate")));
  if (all.empty()) {
    return absl::InvalidArgumentError("holds no certificate");
  }
  return all;
}

bool IsName(absl::string_view bytes) {
  return !bytes.empty() && IsPrintable(bytes);
}

absl::string_view BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> SubjectTexts(const X509* x509, int nid) {
  std::vector<std::string> texts;
  X509_NAME* subject = X509_get_subject_name(x509);
  int position = -1;
  while ((position = X509_NAME_get_index_by_NID(subject, nid, position)) >= 0) {
    const absl::string_view bytes = BytesOf(
        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position)));
    if (IsName(bytes)) texts.emplace_back(bytes);
  }
  return texts;
}

std::vector<std::string> HostNames(const X509* x509) {
  std::vector<std::string> names;
  auto* const all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const absl::string_view bytes = BytesOf(name->d.dNSName);
    if (IsName(bytes)) names.emplace_back(bytes);
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string SerialOf(const X509* x509) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nullptr);
  char* digits = BN_bn2hex(number);
  std::string serial = digits == nullptr ? "" : digits;
  OPENSSL_free(digits);
  BN_free(number);
  return serial;
}

// Year 9999 in a certificate means never, and fits.
absl::Time NotAfter(const X509* x509) {
  std::tm time = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(x509), &time) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(time, absl::UTCTimeZone());
}

// Lets pass what is said in the header not to matter.
int OnVerifyError(int ok, X509_STORE_CTX* context) {
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      X509_STORE_CTX_set_error(context, X509_V_OK);
      return 1;
    default:
      return ok;
  }
}

}  // namespace

std::string Certificate::name() const {
  if (!common_name.empty()) return common_name;
  if (!host_names.empty()) return host_names.front();
  return absl::StrCat("serial ", serial);
}

absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<X509Pointer> all, ReadCertificates(pem));
  const X509* x509 = all.front().get();
  Certificate certificate;
  const std::vector<std::string> names = SubjectTexts(x509, NID_commonName);
  if (!names.empty()) certificate.common_name = names.front();
  certificate.host_names = HostNames(x509);
  certificate.units = SubjectTexts(x509, NID_organizationalUnitName);
  certificate.serial = SerialOf(x509);
  certificate.not_after = NotAfter(x509);
  return certificate;
}

absl::StatusOr<absl::Time> EarliestExpiry(absl::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<X509Pointer> all, ReadCertificates(pem));
  absl::Time earliest = absl::InfiniteFuture();
  for (const X509Pointer& x509 : all) {
    earliest = std::min(earliest, NotAfter(x509.get()));
  }
  return earliest;
}

absl::Status CheckKeyOf(absl::string_view chain, absl::string_view key) {
  ASSIGN_OR_RETURN(const std::vector<X509Pointer> all, ReadCertificates(chain));
  const BioPointer bio = Open(key);
  const KeyPointer private_key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (private_key == nullptr) {
    return absl::InvalidArgumentError(
        "holds no private key that is free of a passphrase");
  }
  const bool fits =
      X509_check_private_key(all.front().get(), private_key.get()) == 1;
  ERR_clear_error();
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError("is not the key of the certificate");
}

struct CertificateAuthority::Store {
  X509_STORE* store = X509_STORE_new();
  ~Store() { X509_STORE_free(store); }
};

void CertificateAuthority::StoreDeleter::operator()(Store* store) const {
  delete store;
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Parse(
    absl::string_view roots, const std::vector<std::string>& revocation_lists) {
  std::unique_ptr<Store, StoreDeleter> store(new Store);
  ASSIGN_OR_RETURN(const std::vector<X509Pointer> all, ReadCertificates(roots));
  for (const X509Pointer& root : all) {
    X509_STORE_add_cert(store->store, root.get());
  }
  bool has_lists = false;
  for (const std::string& text : revocation_lists) {
    ASSIGN_OR_RETURN(
        const std::vector<CrlPointer> lists,
        (ReadAll<PEM_read_bio_X509_CRL, CrlPointer>(text, "revocation list")));
    // Else a page of an error, say, would revoke all revocations.
    if (lists.empty()) {
      return absl::InvalidArgumentError("holds no revocation list in PEM");
    }
    for (const CrlPointer& list : lists) {
      has_lists = true;
      X509_STORE_add_crl(store->store, list.get());
    }
  }
  X509_STORE_set_verify_cb(store->store, OnVerifyError);
  // What --tls_ca names is believed by itself, as in the handshake.
  X509_STORE_set_flags(store->store, X509_V_FLAG_PARTIAL_CHAIN);
  if (has_lists) {
    X509_STORE_set_flags(store->store,
                         X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  return CertificateAuthority(std::move(store));
}

absl::Status CertificateAuthority::Check(absl::string_view chain,
                                         Purpose purpose,
                                         absl::Time now) const {
  ASSIGN_OR_RETURN(const std::vector<X509Pointer> all, ReadCertificates(chain));
  STACK_OF(X509)* const others = sk_X509_new_null();
  for (size_t i = 1; i < all.size(); ++i) sk_X509_push(others, all[i].get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store_->store, all.front().get(), others);
  X509_STORE_CTX_set_default(
      context, purpose == Purpose::kClient ? "ssl_client" : "ssl_server");
  X509_STORE_CTX_set_time(context, 0, absl::ToTimeT(now));
  const bool is_good = X509_verify_cert(context) == 1;
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  sk_X509_free(others);
  ERR_clear_error();
  if (is_good) return absl::OkStatus();
  return absl::PermissionDeniedError(X509_verify_cert_error_string(error));
}

}  // namespace mxban
