// What says who may do what comes from files, command lines and peers: whatever
// it holds, names stay printable, and what is allowed is what was written.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/certificate.h"
#include "coordinator/allowed_word.h"
#include "coordinator/audit_line.h"
#include "coordinator/role_file.h"
#include "coordinator/token_file.h"

namespace mxban {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

bool IsPrintable(absl::string_view text) {
  return absl::c_all_of(text, absl::ascii_isprint);
}

void ReadCertificate(absl::string_view pem) {
  const auto certificate = ParseCertificate(pem);
  EarliestExpiry(pem).IgnoreError();
  CheckKeyOf(pem, pem).IgnoreError();
  const auto authority = CertificateAuthority::Parse(pem, {std::string(pem)});
  if (authority.ok()) {
    authority->Check(pem, CertificateAuthority::Purpose::kClient, absl::Now())
        .IgnoreError();
  }
  if (!certificate.ok()) return;
  Check(IsPrintable(certificate->name()));
  for (const std::string& name : certificate->host_names) {
    Check(IsPrintable(name));
  }
}

void ReadLists(absl::string_view text) {
  const auto roles = ParseRoles(text, "roles");
  if (roles.ok()) {
    for (const auto& [name, role] : *roles) Check(!name.empty());
  }
  const auto tokens = ParseTokens(text, "tokens");
  if (tokens.ok()) Check(FindToken(*tokens, "no token") == nullptr);
}

void ReadWord(absl::string_view text) {
  const auto word = ParseAllowedWord(text);
  if (!word.ok()) return;
  const auto again = ParseAllowedWord(word->text);
  Check(again.ok() && again->text == word->text);
}

}  // namespace
}  // namespace mxban

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Armour around what is inside a certificate lets any bytes in.
  mxban::ReadCertificate(bytes);
  mxban::ReadCertificate(absl::StrCat("-----BEGIN CERTIFICATE-----\n",
                                      absl::Base64Escape(bytes),
                                      "\n-----END CERTIFICATE-----\n"));
  mxban::ReadLists(bytes);
  mxban::ReadWord(bytes);
  mxban::PlaceOfAuditLine(bytes);
  return 0;
}
