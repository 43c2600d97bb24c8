#include "coordinator/admin_listeners.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/coordinator/access_fixture.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class AdminListenersTest : public AccessTest {
 protected:
  std::string Complaint() {
    return std::string(Coordinator::Start(options_, clock_).status().message());
  }
};

TEST_F(AdminListenersTest, SocketAndTcpServeTheSame) {
  Start();
  EXPECT_TRUE(GetStatus(ConnectSocket()).ok());
  EXPECT_TRUE(GetStatus(ConnectOperator({.certificate = "alice"})).ok());
}

TEST_F(AdminListenersTest, PlainTextOverTcpIsRefusedEvenIfInsecure) {
  options_.tls = {};
  options_.insecure = true;
  for (const char* address : {"127.0.0.1:0", "0.0.0.0:0", "localhost:0"}) {
    options_.admin_listen = address;
    EXPECT_EQ(Complaint(),
              absl::StrCat("--admin_listen: '", address,
                           "' needs --tls_cert, --tls_key and --tls_ca: plain "
                           "text does not tell who an operator is"));
  }
}

TEST_F(AdminListenersTest, PlainTextIsNotUnderstoodOnTheTlsPort) {
  Start();
  const auto channel = grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", coordinator_->admin_port()),
      grpc::InsecureChannelCredentials());
  EXPECT_EQ(GetStatus(channel).error_code(), grpc::UNAVAILABLE);
}

TEST_F(AdminListenersTest, WhatIsNoListenerIsNamed) {
  for (const char* listener : {"here", "/run/admin.sock"}) {
    options_.admin_listen = listener;
    EXPECT_EQ(Complaint(),
              absl::StrCat("--admin_listen: '", listener,
                           "' is neither unix:PATH nor ADDRESS:PORT"));
  }
  options_.admin_listen = "";
  EXPECT_EQ(Complaint(), "--admin_listen: names no listener");
  options_.admin_listen = "unix:/proc/none/admin.sock";
  EXPECT_THAT(Complaint(), HasSubstr("is in a folder that cannot be made"));
}

}  // namespace
}  // namespace mxban
