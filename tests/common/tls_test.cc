#include "common/tls.h"

#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace mxban {
namespace {

TEST(TlsTest, LoopbackAndSocketsAreLocal) {
  for (const char* endpoint : {"unix:/run/mxban/admin.sock", "127.0.0.1:7460",
                               "[::1]:7460", "localhost:7460"}) {
    EXPECT_TRUE(IsLocalEndpoint(endpoint)) << endpoint;
  }
}

TEST(TlsTest, NothingElseIsLocal) {
  for (const char* endpoint :
       {"0.0.0.0:7460", "[::]:7460", "192.0.2.1:7460",
        "localhost.example.org:7460", "127.example.org:7460",
        "127.0.0.1.example.org:1", "coordinator.example.org:7460", ""}) {
    EXPECT_FALSE(IsLocalEndpoint(endpoint)) << endpoint;
  }
}

TEST(TlsTest, PlainTextBeyondLoopbackMustBeAskedFor) {
  EXPECT_EQ(AllowPlainText("0.0.0.0:7460", false).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(AllowPlainText("0.0.0.0:7460", true).ok());
  EXPECT_TRUE(AllowPlainText("127.0.0.1:7460", false).ok());
}

TEST(TlsTest, SomeOfTheFilesAreNotEnough) {
  EXPECT_TRUE((TlsFiles{.cert = "/proc/version"}).wanted());
  EXPECT_EQ(ReadTlsTrust({.cert = "/proc/version"}).status().message(),
            "--tls_ca: missing; TLS needs all three files");
}

TEST(TlsTest, AnEmptyFileIsNamed) {
  EXPECT_EQ(ReadTlsIdentity({.cert = "/dev/null"}).status().message(),
            "--tls_cert: '/dev/null' is empty");
}

TEST(TlsTest, AMissingFileIsNamed) {
  EXPECT_EQ(
      ReadTlsIdentity({"/no/cert", "/no/key", "/no/ca"}).status().message(),
      "--tls_cert: cannot read '/no/cert': No such file or directory");
}

TEST(TlsTest, WhatIsNoCertificateIsNamed) {
  EXPECT_EQ(ReadTlsIdentity({.cert = "/proc/version"}).status().message(),
            "--tls_cert: '/proc/version' holds no certificate");
}

TEST(TlsTest, TheEnvironmentDoesNotChooseTheCiphers) {
  setenv("GRPC_SSL_CIPHER_SUITES", "ALL", 1);
  PinTlsCiphers();
  EXPECT_EQ(std::string(getenv("GRPC_SSL_CIPHER_SUITES")).find("ALL"),
            std::string::npos);
}

}  // namespace
}  // namespace mxban
