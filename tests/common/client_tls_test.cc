// Over real TLS on loopback.

#include "common/client_tls.h"

#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/tls_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/certificates.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class ClientTlsTest : public testing::Test {
 protected:
  ClientTlsTest() {
    pki_.Make("coordinator", "coordinator", "127.0.0.1");
    pki_.Make("agent", "mx1");
    Serve("coordinator");
  }

  // A server that shows the certificate of `name`.
  void Serve(const std::string& name) {
    server_.reset();
    auto tls = ServerTls::Open(pki_.Files(name));
    ASSERT_TRUE(tls.ok()) << tls.status();
    tls_ = *std::move(tls);
    server_ = std::make_unique<TlsServer>(*tls_, tls_->RequireCertificate());
  }

  absl::StatusOr<std::string> Ask(ClientTls& tls) {
    return TlsConnection(server_->address(), tls).Ask();
  }

  FakeClock clock_{absl::Now()};
  Certificates pki_;
  std::unique_ptr<ServerTls> tls_;
  std::unique_ptr<TlsServer> server_;
};

TEST_F(ClientTlsTest, ACoordinatorIsKnownByNameAuthorityAndUse) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  EXPECT_EQ(*Ask(tls), "mx1");
  EXPECT_TRUE(tls.CheckServer().ok());
}

TEST_F(ClientTlsTest, AnotherHostsCertificateIsRefused) {
  pki_.Make("coordinator", "elsewhere", "192.0.2.1");
  Serve("elsewhere");
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  EXPECT_THAT(std::string(Ask(tls).status().message()),
              HasSubstr("Hostname Verification Check failed"));
}

TEST_F(ClientTlsTest, AnAgentsCertificateMakesNoCoordinator) {
  pki_.Make("agent", "mx9", "127.0.0.1");
  Serve("mx9");
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  EXPECT_THAT(std::string(Ask(tls).status().message()),
              HasSubstr("certificate verify failed"));
}

TEST_F(ClientTlsTest, ARevokedCoordinatorIsRefusedAndLeft) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  ASSERT_EQ(*Ask(tls), "mx1");
  pki_.Revoke("coordinator");
  EXPECT_EQ(tls.CheckServer().message(),
            "the coordinator's certificate: certificate revoked");
  EXPECT_THAT(std::string(Ask(tls).status().message()),
              HasSubstr("certificate revoked"));
}

TEST_F(ClientTlsTest, ACoordinatorThatHasExpiredIsLeft) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  ASSERT_EQ(*Ask(tls), "mx1");
  clock_.Advance(absl::Hours(826 * 24));
  EXPECT_EQ(tls.CheckServer().message(),
            "the coordinator's certificate: certificate has expired");
}

TEST_F(ClientTlsTest, TheNextConnectionHasTheNewCertificateUnlessItIsSpoilt) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  ASSERT_EQ(*Ask(tls), "mx1");
  std::ofstream(pki_.Path("mx1.key")) << "rubbish";
  EXPECT_EQ(*Ask(tls), "mx1");
  pki_.Make("agent", "mx2");
  for (const char* file : {".pem", ".key"}) {
    std::ofstream(pki_.Path(absl::StrCat("mx1", file)))
        << pki_.Read(absl::StrCat("mx2", file));
  }
  EXPECT_EQ(*Ask(tls), "mx2");
}

TEST_F(ClientTlsTest, PlainTextBeyondLoopbackMustBeAskedFor) {
  EXPECT_FALSE(ClientTls({}, false, clock_).Credentials("192.0.2.1:1").ok());
  EXPECT_TRUE(ClientTls({}, true, clock_).Credentials("192.0.2.1:1").ok());
  EXPECT_TRUE(ClientTls({}, false, clock_).Credentials("127.0.0.1:1").ok());
}

TEST_F(ClientTlsTest, FilesThatNeverWereRightAreAnError) {
  ClientTls tls({"/no/cert", "/no/key", "/no/ca"}, false, clock_);
  EXPECT_EQ(tls.Credentials("192.0.2.1:1").status().message(),
            "--tls_cert: cannot read '/no/cert': No such file or directory");
  ClientTls half({.cert = pki_.Path("mx1.pem")}, true, clock_);
  EXPECT_EQ(half.Credentials("127.0.0.1:1").status().message(),
            "--tls_key: missing; TLS needs all three files");
}

}  // namespace
}  // namespace mxban
