#include "common/certificate.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"

namespace mxban {
namespace {

using Purpose = CertificateAuthority::Purpose;
using testing::ElementsAre;
using testing::HasSubstr;

class CertificateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    pki_ = new Certificates;
    pki_->Make("coordinator", "ban.example.net", "192.0.2.1");
    pki_->Make("agent", "mx1");
    pki_->Make("operator", "alice");
  }
  static void TearDownTestSuite() { delete pki_; }

  static std::string Pem(const std::string& name) {
    return pki_->Read(name + ".pem");
  }
  static absl::Status Check(const std::string& chain, Purpose purpose,
                            absl::Time now = absl::Now()) {
    const auto authority =
        CertificateAuthority::Parse(Pem("ca"), {pki_->Read("crl.pem")});
    return authority.ok() ? authority->Check(chain, purpose, now)
                          : authority.status();
  }

  static Certificates* pki_;
};

Certificates* CertificateTest::pki_ = nullptr;

TEST_F(CertificateTest, SaysNamesUnitSerialAndExpiry) {
  const auto agent = ParseCertificate(Pem("mx1"));
  ASSERT_TRUE(agent.ok()) << agent.status();
  EXPECT_EQ(agent->common_name, "mx1");
  EXPECT_THAT(agent->host_names, ElementsAre("mx1"));
  EXPECT_THAT(agent->units, ElementsAre("agent"));
  EXPECT_EQ(agent->serial.size(), 32u);
  EXPECT_GT(agent->not_after, absl::Now() + absl::Hours(824 * 24));
  EXPECT_LT(agent->not_after, absl::Now() + absl::Hours(826 * 24));
  EXPECT_THAT(ParseCertificate(Pem("ban.example.net"))->units, ElementsAre());
}

TEST_F(CertificateTest, TheFirstOfAFileExpiresFirst) {
  EXPECT_EQ(*EarliestExpiry(Pem("ca") + Pem("mx1")),
            ParseCertificate(Pem("mx1"))->not_after);
}

TEST_F(CertificateTest, WhatIsNoCertificateIsAnError) {
  EXPECT_EQ(ParseCertificate("").status().message(), "holds no certificate");
  EXPECT_EQ(ParseCertificate(pki_->Read("mx1.key")).status().message(),
            "holds no certificate");
  std::string spoilt = Pem("mx1");
  spoilt[60] = '!';
  EXPECT_EQ(ParseCertificate(spoilt).status().message(),
            "holds a spoilt certificate");
  EXPECT_EQ(ParseCertificate(Pem("mx1") + spoilt).status().message(),
            "holds a spoilt certificate");
  spoilt.resize(200);
  EXPECT_FALSE(ParseCertificate(spoilt).ok());
}

TEST_F(CertificateTest, AKeyMustBeTheCertificatesOwn) {
  EXPECT_TRUE(CheckKeyOf(Pem("mx1"), pki_->Read("mx1.key")).ok());
  EXPECT_EQ(CheckKeyOf(Pem("mx1"), pki_->Read("alice.key")).message(),
            "is not the key of the certificate");
  EXPECT_FALSE(CheckKeyOf(Pem("mx1"), "rubbish").ok());
}

TEST_F(CertificateTest, AGoodOneIsGoodForItsPurposeAlone) {
  EXPECT_TRUE(Check(Pem("mx1"), Purpose::kClient).ok());
  EXPECT_TRUE(Check(Pem("ban.example.net"), Purpose::kServer).ok());
  EXPECT_FALSE(Check(Pem("mx1"), Purpose::kServer).ok());
  EXPECT_FALSE(Check(Pem("ban.example.net"), Purpose::kClient).ok());
}

TEST_F(CertificateTest, OneThatHasExpiredIsRefused) {
  const absl::Status status =
      Check(Pem("mx1"), Purpose::kClient, absl::Now() + absl::Hours(826 * 24));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "certificate has expired");
}

TEST_F(CertificateTest, AnotherAuthoritysAndASelfSignedOneAreRefused) {
  Certificates other;
  other.Make("agent", "mx1");
  EXPECT_FALSE(Check(other.Read("mx1.pem"), Purpose::kClient).ok());
  pki_->MakeSelfSigned("mallory");
  EXPECT_FALSE(Check(Pem("mallory"), Purpose::kClient).ok());
  // Nor does it help to bring one's own authority along.
  EXPECT_FALSE(
      Check(other.Read("mx1.pem") + other.Read("ca.pem"), Purpose::kClient)
          .ok());
}

TEST_F(CertificateTest, ARevokedOneIsRefusedAlsoWhenTheListIsOld) {
  pki_->Make("agent", "mx2");
  const std::string revoked = Pem("mx2");
  EXPECT_TRUE(Check(revoked, Purpose::kClient).ok());
  pki_->Revoke("mx2");
  EXPECT_EQ(Check(revoked, Purpose::kClient).message(), "certificate revoked");
  EXPECT_TRUE(Check(Pem("mx1"), Purpose::kClient).ok());
  // A list that expires at once.
  ASSERT_EQ(RunProgram(absl::StrCat(
                           "cd ", pki_->folder(),
                           " && printf '[ca]\\ndefault_ca=m\\n[m]\\ndatabase="
                           "ca.index\\ndefault_md=sha256\\n' >conf && openssl "
                           "ca -config conf -cert ca.pem -keyfile ca.key "
                           "-gencrl -crlsec 1 -out crl.pem"))
                .exit_code,
            0);
  const absl::Time later = absl::Now() + absl::Hours(1);
  EXPECT_EQ(Check(revoked, Purpose::kClient, later).message(),
            "certificate revoked");
  EXPECT_TRUE(Check(Pem("mx1"), Purpose::kClient, later).ok());
}

TEST_F(CertificateTest, ASpoiltListIsAnError) {
  std::string list = pki_->Read("crl.pem");
  list[60] = '!';
  EXPECT_EQ(CertificateAuthority::Parse(Pem("ca"), {list}).status().message(),
            "holds a spoilt revocation list");
}

TEST_F(CertificateTest, WhatHoldsNoListIsAnError) {
  for (const std::string& text :
       {std::string(), std::string("<html>404</html>"), Pem("ca")}) {
    EXPECT_EQ(CertificateAuthority::Parse(Pem("ca"), {text}).status().message(),
              "holds no revocation list in PEM");
  }
  EXPECT_TRUE(CertificateAuthority::Parse(Pem("ca"), {}).ok());
}

}  // namespace
}  // namespace mxban
