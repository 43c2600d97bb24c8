// Each method, called over real TLS by each sort of caller.

#include "coordinator/admin_access.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.pb.h"
#include "tests/coordinator/access_fixture.h"

namespace mxban {
namespace {

using testing::HasSubstr;

const google::protobuf::ServiceDescriptor& Service() {
  return *v1::GetStatusRequest::descriptor()->file()->FindServiceByName(
      "AdminService");
}

TEST(AdminAccessTableTest, EveryMethodOfTheServiceHasARole) {
  ASSERT_GT(Service().method_count(), 0);
  for (int i = 0; i < Service().method_count(); ++i) {
    const std::string& method = Service().method(i)->name();
    EXPECT_TRUE(AdminAccess::LeastRole(method).has_value()) << method;
  }
}

TEST(AdminAccessTableTest, WhatOnlyShowsIsForViewersAndAllElseForOperators) {
  for (int i = 0; i < Service().method_count(); ++i) {
    const std::string& method = Service().method(i)->name();
    const bool only_shows = method == "GetStatus" || method == "WatchBans" ||
                            method == "ExplainSource" ||
                            method == "SummarizeFailures" ||
                            method.rfind("List", 0) == 0;
    EXPECT_EQ(AdminAccess::LeastRole(method),
              only_shows ? Role::kViewer : Role::kOperator)
        << method;
  }
}

TEST(AdminAccessTableTest, AMethodThatIsNotInTheTableIsNobodys) {
  EXPECT_EQ(AdminAccess::LeastRole("DropTheDatabase"), std::nullopt);
  EXPECT_EQ(AdminAccess::LeastRole(""), std::nullopt);
}

class AdminAccessTest : public AccessTest {
 protected:
  // Calls `method` with an empty request, which is enough to be let in or not.
  static grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel,
                           const std::string& method) {
    grpc::GenericStub stub(channel);
    grpc::CompletionQueue queue;
    grpc::ByteBuffer request, response;
    grpc::Slice empty;
    request = grpc::ByteBuffer(&empty, 1);
    grpc::Status status;
    const auto context = Context();
    const auto call = stub.PrepareUnaryCall(
        context.get(), absl::StrCat("/mxban.v1.AdminService/", method), request,
        &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
    return status;
  }

  // The same for a stream, which lasts until its deadline if it begins.
  static grpc::Status Watch(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = v1::AdminService::NewStub(channel);
    const auto context = Context();
    context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(2)));
    const auto stream = stub->WatchBans(context.get(), {});
    v1::WatchBansResponse change;
    while (stream->Read(&change)) {
    }
    return stream->Finish();
  }

  // Whether a caller who came so is let in to `method`.
  static bool IsLetIn(const std::shared_ptr<grpc::Channel>& channel,
                      const google::protobuf::MethodDescriptor& method,
                      grpc::StatusCode refusal) {
    const grpc::Status status = method.server_streaming()
                                    ? Watch(channel)
                                    : Call(channel, method.name());
    return status.error_code() != refusal;
  }
};

TEST_F(AdminAccessTest, EachCallerMayDoWhatItsRoleAllows) {
  constexpr auto kUnknown = grpc::UNAUTHENTICATED;
  constexpr auto kDenied = grpc::PERMISSION_DENIED;
  const struct {
    const char* name;
    Credential credential;
    std::vector<Role> roles;  // Whose methods are open.
    grpc::StatusCode refusal;
  } callers[] = {
      {"no certificate and no token", {}, {}, kUnknown},
      {"an agent", {.certificate = "mx1"}, {}, kDenied},
      {"an unknown OU", {.certificate = "eve"}, {}, kDenied},
      {"a viewer", {.certificate = "bob"}, {Role::kViewer}, kDenied},
      {"an operator",
       {.certificate = "alice"},
       {Role::kViewer, Role::kOperator},
       kDenied},
      {"an expired token", {.token = "old-token"}, {}, kUnknown},
      {"an unknown token", {.token = "no-token"}, {}, kUnknown},
      {"a viewer's token", {.token = "viewer-token"}, {Role::kViewer}, kDenied},
      {"an operator's token",
       {.token = "operator-token"},
       {Role::kViewer, Role::kOperator},
       kDenied},
      {"an agent with a viewer's token",
       {.certificate = "mx1", .token = "viewer-token"},
       {Role::kViewer},
       kDenied},
      {"an operator with a token that is none",
       {.certificate = "alice", .token = "no-token"},
       {},
       kUnknown},
  };
  Start();
  for (const auto& caller : callers) {
    const auto channel = ConnectOperator(caller.credential);
    for (int i = 0; i < Service().method_count(); ++i) {
      const auto& method = *Service().method(i);
      const Role least = *AdminAccess::LeastRole(method.name());
      const bool is_open = std::find(caller.roles.begin(), caller.roles.end(),
                                     least) != caller.roles.end();
      // What is not built yet refuses everybody alike.
      if (!method.server_streaming() &&
          Call(channel, method.name()).error_code() == grpc::UNIMPLEMENTED) {
        continue;
      }
      EXPECT_EQ(IsLetIn(channel, method, caller.refusal), is_open)
          << caller.name << " and " << method.name();
    }
  }
}

TEST_F(AdminAccessTest, ARefusalNamesTheCallerAndWhatIsMissing) {
  Start();
  EXPECT_EQ(ImposeBan(ConnectOperator({.certificate = "bob"})).error_message(),
            "bob is a viewer, ImposeBan is for operators");
  EXPECT_EQ(GetStatus(ConnectOperator({.certificate = "eve"})).error_message(),
            "the certificate of eve is not an operator's or a viewer's");
  EXPECT_EQ(GetStatus(ConnectOperator({})).error_message(),
            "there is neither a certificate nor a token: give --tls_cert and "
            "--tls_key, or --token_file");
  EXPECT_EQ(GetStatus(ConnectOperator({.token = "old-token"})).error_message(),
            "the token of old has expired");
}

TEST_F(AdminAccessTest, AViewerWhoDoesNotGiveUpFillsNoLog) {
  Start();
  const auto channel = ConnectOperator({.certificate = "bob"});
  testing::internal::CaptureStdout();  // Where spdlog leads by itself.
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(ImposeBan(channel).error_code(), grpc::PERMISSION_DENIED);
  }
  const std::string log = testing::internal::GetCapturedStdout();
  size_t lines = 0;
  for (size_t at = 0; (at = log.find("ImposeBan from", at)) != log.npos; ++at) {
    ++lines;
  }
  EXPECT_EQ(lines, 12) << "those of a minute, at one every five seconds";
}

}  // namespace
}  // namespace mxban
