#ifndef MXBAN_TESTS_COORDINATOR_ACCESS_FIXTURE_H_
#define MXBAN_TESTS_COORDINATOR_ACCESS_FIXTURE_H_

// A whole coordinator with certificates, roles and tokens, on loopback and a
// unix socket, and callers of all sorts.

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/client_tls.h"
#include "common/grpc_waker.h"
#include "common/secret.h"
#include "coordinator/coordinator.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "mxban/v1/agent_service.grpc.pb.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/certificates.h"

namespace mxban {

// How a caller comes.
struct Credential {
  std::string certificate;  // Its name; empty for none.
  std::string token;        // Likewise.
};

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    // Never destroyed: at the very end gRPC waits for a poller of its own.
    static GrpcWaker* const waker = new GrpcWaker;
    (void)waker;
    PinTlsCiphers();
    pki_.Make("coordinator", "coordinator", "127.0.0.1");
    pki_.Make("agent", "mx1");
    pki_.Make("viewer", "bob");
    pki_.Make("operator", "alice");
    pki_.MakeOdd("eve", "janitor", 1);
    WriteSecret("tokens",
                absl::StrCat("grafana viewer ", Sha256Hex("viewer-token"),
                             "\nscript operator ", Sha256Hex("operator-token"),
                             "\nold operator ", Sha256Hex("old-token"),
                             " 2020-01-01\n"));
    std::ofstream(pki_.Path("roles")) << "# nobody\n";
    options_.config_dir = "tests/corpus/seed";
    options_.state_dir = pki_.Path("state");
    options_.agent_listen = "127.0.0.1:0";
    options_.admin_listen =
        absl::StrCat("unix:", pki_.Path("admin.sock"), ",127.0.0.1:0");
    options_.http_listen = "";
    options_.tls = pki_.Files("coordinator");
    options_.roles_file = pki_.Path("roles");
    options_.tokens_file = pki_.Path("tokens");
  }

  void WriteSecret(const std::string& file, const std::string& text) {
    std::ofstream(pki_.Path(file)) << text;
    chmod(pki_.Path(file).c_str(), 0600);
  }

  void Start() {
    auto coordinator = Coordinator::Start(options_, clock_);
    ASSERT_TRUE(coordinator.ok()) << coordinator.status();
    coordinator_ = *std::move(coordinator);
  }

  std::shared_ptr<grpc::Channel> Connect(const Credential& credential,
                                         int port) {
    const TlsFiles files = credential.certificate.empty()
                               ? TlsFiles{.ca = pki_.Path("ca.pem")}
                               : pki_.Files(credential.certificate);
    ClientTls tls(files, false, real_clock_, ClientTls::Certificate::kOptional);
    const std::string address = absl::StrCat("127.0.0.1:", port);
    auto credentials = *tls.Credentials(address);
    if (!credential.token.empty()) {
      credentials = grpc::CompositeChannelCredentials(
          credentials, grpc::AccessTokenCredentials(credential.token));
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, credentials, arguments);
  }
  std::shared_ptr<grpc::Channel> ConnectOperator(const Credential& credential) {
    return Connect(credential, coordinator_->admin_port());
  }
  std::shared_ptr<grpc::Channel> ConnectSocket() {
    return grpc::CreateChannel("unix:" + pki_.Path("admin.sock"),
                               grpc::InsecureChannelCredentials());
  }

  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    return context;
  }

  static grpc::Status GetStatus(const std::shared_ptr<grpc::Channel>& channel) {
    v1::GetStatusResponse response;
    return v1::AdminService::NewStub(channel)->GetStatus(Context().get(), {},
                                                         &response);
  }
  static grpc::Status ImposeBan(const std::shared_ptr<grpc::Channel>& channel) {
    v1::ImposeBanRequest request;
    request.set_jail("sendmail");
    request.set_source("203.0.113.9");
    v1::ImposeBanResponse response;
    return v1::AdminService::NewStub(channel)->ImposeBan(Context().get(),
                                                         request, &response);
  }

  RealClock real_clock_;
  FakeClock clock_{absl::Now()};
  Certificates pki_;
  Coordinator::Options options_;
  std::unique_ptr<Coordinator> coordinator_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_COORDINATOR_ACCESS_FIXTURE_H_
