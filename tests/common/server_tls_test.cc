// Over real TLS on loopback.

#include "common/server_tls.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/tls_server.h"
#include "tests/support/certificates.h"
#include "tests/support/run_program.h"
#include "tests/system/eventually.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class ServerTlsTest : public testing::Test {
 protected:
  ServerTlsTest() {
    PinTlsCiphers();
    pki_.Make("coordinator", "coordinator", "127.0.0.1");
    pki_.Make("agent", "mx1");
    auto tls = ServerTls::Open(pki_.Files("coordinator"));
    EXPECT_TRUE(tls.ok()) << tls.status();
    tls_ = *std::move(tls);
    server_ = std::make_unique<TlsServer>(*tls_, tls_->RequireCertificate());
  }

  // A new connection with the certificate of `name`.
  absl::StatusOr<std::string> Ask(const std::string& name) {
    ClientTls tls(pki_.Files(name), false, clock_);
    return TlsConnection(server_->address(), tls).Ask();
  }

  ProgramOutput SClient(const std::string& options) {
    return RunProgram(
        absl::StrCat("openssl s_client -connect ", server_->address(),
                     " -alpn h2 -cert ", pki_.Path("mx1.pem"), " -key ",
                     pki_.Path("mx1.key"), " ", options, " </dev/null"));
  }

  // Which certificate the server shows.
  std::string ShownSerial() {
    return RunProgram(
               absl::StrCat("openssl s_client -connect ", server_->address(),
                            " </dev/null 2>/dev/null | openssl x509 -noout "
                            "-serial"))
        .text;
  }

  RealClock clock_;
  Certificates pki_;
  std::unique_ptr<ServerTls> tls_;
  std::unique_ptr<TlsServer> server_;
};

TEST_F(ServerTlsTest, AClientIsKnownByItsCertificate) {
  EXPECT_EQ(*Ask("mx1"), "mx1");
}

TEST_F(ServerTlsTest, WhoHasNoCertificateComesInOnlyWhereThatIsAllowed) {
  TlsFiles files = {.ca = pki_.Path("ca.pem")};
  ClientTls tls(files, false, clock_, ClientTls::Certificate::kOptional);
  EXPECT_FALSE(TlsConnection(server_->address(), tls).Ask().ok());
  TlsServer open(*tls_, tls_->OptionalCertificate());
  EXPECT_EQ(*TlsConnection(open.address(), tls).Ask(), "nobody");
  // A bad one is worse than none.
  pki_.MakeSelfSigned("mallory");
  ClientTls bad(pki_.Files("mallory"), false, clock_);
  EXPECT_EQ(TlsConnection(open.address(), bad).Ask().status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ServerTlsTest, KeyAndCertificateAreReplacedOneAfterTheOther) {
  const std::string before = ShownSerial();
  Certificates next;  // Of the same authority.
  for (const char* file : {"ca.pem", "ca.key", "crl.pem"}) {
    std::filesystem::copy(pki_.Path(file), next.Path(file));
  }
  next.Make("coordinator", "coordinator", "127.0.0.1");
  const auto replace = [&](const char* file) {
    std::filesystem::copy(next.Path(file), pki_.Path(file),
                          std::filesystem::copy_options::overwrite_existing);
  };
  // For as long as the two do not fit, the old ones serve.
  replace("coordinator.key");
  tls_->Refresh();
  const absl::Time deadline = absl::Now() + absl::Seconds(3);
  do {
    EXPECT_EQ(*Ask("mx1"), "mx1");
  } while (absl::Now() < deadline);
  EXPECT_EQ(ShownSerial(), before);
  replace("coordinator.pem");
  tls_->Refresh();
  EXPECT_TRUE(Eventually([&] {
    EXPECT_EQ(*Ask("mx1"), "mx1") << "without an outage";
    return ShownSerial() != before;
  }));
}

TEST_F(ServerTlsTest, SpoiltFilesLeaveWhatWas) {
  std::ofstream(pki_.Path("coordinator.pem")) << "rubbish";
  std::filesystem::remove(pki_.Path("ca.pem"));
  std::ofstream(pki_.Path("crl.pem"));
  tls_->Refresh();
  EXPECT_THAT(SClient("").text, HasSubstr("CN = coordinator"));
}

TEST_F(ServerTlsTest, ARevokedCertificateIsRefusedOnAnOpenConnection) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  TlsConnection connection(server_->address(), tls);
  ASSERT_EQ(*connection.Ask(), "mx1");
  pki_.Revoke("mx1");
  tls_->Refresh();
  const absl::Status status = connection.Ask().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "the certificate of mx1: certificate revoked");
}

TEST_F(ServerTlsTest, AnAuthorityThatIsTrustedNoMoreCertifiesNobody) {
  ClientTls tls(pki_.Files("mx1"), false, clock_);
  TlsConnection connection(server_->address(), tls);
  ASSERT_EQ(*connection.Ask(), "mx1");
  Certificates other;
  other.Make("agent", "mx2");
  std::filesystem::copy(other.Path("ca.pem"), pki_.Path("ca.pem"),
                        std::filesystem::copy_options::overwrite_existing);
  tls_->Refresh();
  EXPECT_EQ(connection.Ask().status().code(),
            absl::StatusCode::kPermissionDenied);
  // The new one's are let in, though the server's own certificate is old.
  EXPECT_TRUE(Eventually([&] {
    return SClient(absl::StrCat("-cert ", other.Path("mx2.pem"), " -key ",
                                other.Path("mx2.key")))
               .text.find("alert") == std::string::npos;
  }));
}

TEST_F(ServerTlsTest, ExpiredAndForeignCertificatesShakeNoHands) {
  pki_.MakeOdd("old", "agent", -1);
  EXPECT_EQ(Ask("old").status().code(), absl::StatusCode::kUnavailable);
  pki_.MakeSelfSigned("mallory");
  EXPECT_EQ(Ask("mallory").status().code(), absl::StatusCode::kUnavailable);
  // A coordinator's certificate is no client's.
  EXPECT_EQ(Ask("coordinator").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerTlsTest, AClientMayBringTheAuthorityBetween) {
  Certificates pki;
  const ProgramOutput made = RunProgram(absl::StrCat(
      "{ cd ", pki.folder(),
      " && new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'"
      " && printf 'basicConstraints=critical,CA:TRUE\n' >between.ext"
      " && openssl req -x509 $new -subj /CN=root -keyout ca.key -out ca.pem"
      " && openssl req $new -subj /CN=between -keyout between.key -out csr"
      " && openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -set_serial 7"
      " -extfile between.ext -out between.pem"
      " && openssl req $new -subj /OU=agent/CN=mx3 -keyout mx3.key -out csr"
      " && openssl x509 -req -in csr -CA between.pem -CAkey between.key"
      " -set_serial 8 -out mx3.pem && cat between.pem >>mx3.pem; }"));
  ASSERT_EQ(made.exit_code, 0) << made.text;
  pki.Make("coordinator", "coordinator", "127.0.0.1");
  const auto tls = *ServerTls::Open(pki.Files("coordinator"));
  TlsServer server(*tls, tls->RequireCertificate());
  ClientTls client(pki.Files("mx3"), false, clock_);
  const auto name = TlsConnection(server.address(), client).Ask();
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(*name, "mx3");
}

TEST_F(ServerTlsTest, OldProtocolsAreRefused) {
  EXPECT_EQ(SClient("-tls1_3").exit_code, 0);
  EXPECT_EQ(SClient("-tls1_2").exit_code, 0);
  for (const char* version : {"-tls1_1", "-tls1"}) {
    const ProgramOutput output =
        SClient(absl::StrCat(version, " -cipher DEFAULT:@SECLEVEL=0"));
    EXPECT_NE(output.exit_code, 0) << version;
    // It was offered, and gRPC hung up.
    EXPECT_THAT(output.text, HasSubstr("unexpected eof while reading"));
    EXPECT_THAT(output.text, HasSubstr("Cipher is (NONE)"));
  }
}

TEST_F(ServerTlsTest, CiphersWithoutForwardSecrecyOrInCbcModeAreRefused) {
  for (const char* good :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_EQ(SClient(absl::StrCat("-tls1_2 -cipher ", good)).exit_code, 0)
        << good;
  }
  for (const char* weak :
       {"AES128-GCM-SHA256", "AES256-SHA", "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA384", "DES-CBC3-SHA", "ECDHE-ECDSA-NULL-SHA"}) {
    const ProgramOutput output =
        SClient(absl::StrCat("-tls1_2 -cipher ", weak, ":@SECLEVEL=0"));
    EXPECT_NE(output.exit_code, 0) << weak;
  }
}

TEST_F(ServerTlsTest, WhatIsWrongAtTheStartIsNamed) {
  TlsFiles files = pki_.Files("coordinator");
  files.key = pki_.Path("mx1.key");
  EXPECT_EQ(ServerTls::Open(files).status().message(),
            absl::StrCat("--tls_key: '", files.key,
                         "' is not the key of the certificate"));
  files = pki_.Files("coordinator");
  files.crl = "/no/list";
  EXPECT_EQ(ServerTls::Open(files).status().message(),
            "--tls_crl: cannot read '/no/list': No such file or directory");
}

}  // namespace
}  // namespace mxban
