// Whoever calls, over real TLS and a real socket, and what becomes of him while
// the coordinator runs.

#include "coordinator/identities.h"

#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/coordinator/access_fixture.h"
#include "tests/system/eventually.h"

namespace mxban {
namespace {

using testing::HasSubstr;

class IdentitiesTest : public AccessTest {
 protected:
  // What an agent that says to be `server` hears of its report.
  grpc::Status Report(const std::string& certificate,
                      const std::string& server) {
    const auto stub = v1::AgentService::NewStub(
        Connect({.certificate = certificate}, coordinator_->agent_port()));
    const auto context = Context();
    context->AddMetadata("mxban-server-name", server);
    v1::HandOverBansResponse response;
    return stub->HandOverBans(context.get(), {}, &response);
  }

  bool Becomes(const std::function<grpc::Status()>& call,
               grpc::StatusCode code) {
    return Eventually([&] { return call().error_code() == code; });
  }

  void WriteRoles(const std::string& text) {
    std::ofstream(pki_.Path("roles")) << text;
  }
};

TEST_F(IdentitiesTest, AnAgentSpeaksForTheNameInItsCertificateAlone) {
  Start();
  EXPECT_TRUE(Report("mx1", "mx1").ok());
  EXPECT_EQ(Report("mx1", "mx2").error_message(),
            "the certificate does not bear the name mx2");
}

TEST_F(IdentitiesTest, AnOperatorReportsNoFailures) {
  Start();
  for (const char* name : {"alice", "bob", "eve"}) {
    const grpc::Status status = Report(name, name);
    EXPECT_EQ(status.error_code(), grpc::PERMISSION_DENIED);
    EXPECT_EQ(status.error_message(),
              absl::StrCat("the certificate of ", name, " is not an agent's"));
  }
}

TEST_F(IdentitiesTest, TheRolesFileOutweighsTheCertificateAndIsReread) {
  Start();
  const auto alice = ConnectOperator({.certificate = "alice"});
  ASSERT_TRUE(ImposeBan(alice).ok());
  WriteRoles("alice viewer\neve agent\n");
  EXPECT_TRUE(
      Becomes([&] { return ImposeBan(alice); }, grpc::PERMISSION_DENIED));
  EXPECT_TRUE(GetStatus(alice).ok());
  EXPECT_TRUE(Report("eve", "eve").ok());
  // A slip of the pen changes nothing.
  WriteRoles("alice operatr\n");
  WriteRoles("alice agent\n");
  EXPECT_TRUE(
      Becomes([&] { return GetStatus(alice); }, grpc::PERMISSION_DENIED));
}

TEST_F(IdentitiesTest, TokensAreReread) {
  Start();
  const auto script = ConnectOperator({.token = "operator-token"});
  ASSERT_TRUE(ImposeBan(script).ok());
  WriteSecret("tokens", absl::StrCat("new viewer ", Sha256Hex("new"), "\n"));
  EXPECT_TRUE(
      Becomes([&] { return ImposeBan(script); }, grpc::UNAUTHENTICATED));
  EXPECT_TRUE(GetStatus(ConnectOperator({.token = "new"})).ok());
}

TEST_F(IdentitiesTest, ATokenEndsByTheClock) {
  WriteSecret("tokens",
              absl::StrCat("a viewer ", Sha256Hex("a"), " ",
                           absl::FormatTime(absl::RFC3339_full,
                                            clock_.TimeNow() + absl::Hours(1),
                                            absl::UTCTimeZone())));
  Start();
  const auto channel = ConnectOperator({.token = "a"});
  EXPECT_TRUE(GetStatus(channel).ok());
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(GetStatus(channel).error_message(), "the token of a has expired");
}

TEST_F(IdentitiesTest, TokensThatOthersMayReadAreNotTaken) {
  chmod(pki_.Path("tokens").c_str(), 0644);
  EXPECT_THAT(
      std::string(Coordinator::Start(options_, clock_).status().message()),
      HasSubstr("--tokens_file: '" + pki_.Path("tokens") + "' can be read"));
}

TEST_F(IdentitiesTest, ASpoiltRolesFileIsNamedAtTheStart) {
  WriteRoles("\nalice root\n");
  EXPECT_EQ(Coordinator::Start(options_, clock_).status().message(),
            absl::StrCat("--roles_file: ", pki_.Path("roles"),
                         ":2: 'root' is none of agent, viewer, operator"));
}

TEST_F(IdentitiesTest, WhoMayWriteToTheSocketIsAnOperatorUnlessTheFileSaysNo) {
  Start();
  const auto channel = ConnectSocket();
  EXPECT_TRUE(ImposeBan(channel).ok());
  const std::string user = getpwuid(geteuid())->pw_name;
  WriteRoles(absl::StrCat("unix:", user, " viewer\n"));
  EXPECT_TRUE(
      Becomes([&] { return ImposeBan(channel); }, grpc::PERMISSION_DENIED));
  EXPECT_EQ(
      ImposeBan(channel).error_message(),
      absl::StrCat("unix:", user, " is a viewer, ImposeBan is for operators"));
  EXPECT_TRUE(GetStatus(channel).ok());
}

TEST_F(IdentitiesTest, AnOpenStreamEndsWhenItsCertificateIsRevoked) {
  Start();
  const auto agent =
      Connect({.certificate = "mx1"}, coordinator_->agent_port());
  const auto agent_stub = v1::AgentService::NewStub(agent);
  const auto agent_context = Context();
  agent_context->AddMetadata("mxban-server-name", "mx1");
  const auto watch = agent_stub->Watch(agent_context.get());
  v1::WatchRequest subscription;
  subscription.mutable_subscription();
  ASSERT_TRUE(watch->Write(subscription));
  v1::WatchResponse update;
  ASSERT_TRUE(watch->Read(&update));
  const auto operators =
      v1::AdminService::NewStub(ConnectOperator({.certificate = "alice"}));
  const auto alice_context = Context();
  const auto bans = operators->WatchBans(alice_context.get(), {});
  bans->WaitForInitialMetadata();

  const absl::Time revoked = absl::Now();
  pki_.Revoke("mx1");
  pki_.Revoke("alice");
  while (watch->Read(&update)) {
  }
  v1::WatchBansResponse change;
  while (bans->Read(&change)) {
  }
  EXPECT_LT(absl::Now() - revoked, 2 * OpenCalls::kInterval);
  EXPECT_EQ(watch->Finish().error_code(), grpc::CANCELLED);
  EXPECT_EQ(bans->Finish().error_code(), grpc::CANCELLED);
}

}  // namespace
}  // namespace mxban
