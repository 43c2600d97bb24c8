#include "common/tls.h"

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
  EXPECT_EQ(ServerCredentials("0.0.0.0:7460", {}, false).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ClientCredentials("192.0.2.1:7460", {}, false).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ServerCredentials("0.0.0.0:7460", {}, true).ok());
  EXPECT_TRUE(ClientCredentials("127.0.0.1:7460", {}, false).ok());
}

TEST(TlsTest, SomeOfTheFilesAreNotEnough) {
  const auto credentials =
      ServerCredentials("127.0.0.1:7460", {.cert = "/proc/version"}, true);
  EXPECT_EQ(credentials.status().message(),
            "--tls_key: missing; TLS needs all three files");
}

TEST(TlsTest, AnEmptyFileIsNamed) {
  const auto credentials =
      ServerCredentials("127.0.0.1:7460", {.cert = "/dev/null"}, true);
  EXPECT_EQ(credentials.status().message(), "--tls_cert: '/dev/null' is empty");
}

TEST(TlsTest, AMissingFileIsNamed) {
  const auto credentials = ClientCredentials(
      "192.0.2.1:7460", {"/no/cert", "/no/key", "/no/ca"}, false);
  EXPECT_EQ(credentials.status().message(),
            "--tls_cert: cannot read '/no/cert': No such file or directory");
}

}  // namespace
}  // namespace mxban
