#include "coordinator/socket_listener.h"

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"

namespace mxban {
namespace {

// Answers with the caller's user and gRPC's name of the connection.
class WhoAmI final : public v1::AdminService::CallbackService {
 public:
  explicit WhoAmI(const SocketPeers& peers) : peers_(peers) {}
  grpc::ServerUnaryReactor* GetStatus(
      grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
      v1::GetStatusResponse* response) override {
    response->set_version(peers_.UserOf(context->peer()).value_or("nobody"));
    response->set_history_id(context->peer());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const SocketPeers& peers_;
};

class SocketListenerTest : public testing::Test {
 protected:
  SocketListenerTest() : service_(peers_) {
    char folder[] = "/tmp/mxban-socket.XXXXXX";
    folder_ = mkdtemp(folder);
    path_ = folder_ + "/admin.sock";
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~SocketListenerTest() override {
    listener_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
    std::filesystem::remove_all(folder_);
  }

  void Listen() {
    auto listener = SocketListener::Bind(path_, "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
    listener_->Serve(*server_, peers_);
  }

  // Over a new connection.
  v1::GetStatusResponse Ask() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::AdminService::NewStub(grpc::CreateCustomChannel(
        "unix:" + path_, grpc::InsecureChannelCredentials(), arguments));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    v1::GetStatusResponse response;
    EXPECT_TRUE(stub->GetStatus(&context, {}, &response).ok());
    return response;
  }

  std::string folder_, path_;
  SocketPeers peers_;
  WhoAmI service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<SocketListener> listener_;
};

TEST_F(SocketListenerTest, TheKernelNamesTheCaller) {
  Listen();
  EXPECT_EQ(Ask().version(), getpwuid(geteuid())->pw_name);
}

TEST_F(SocketListenerTest, ANumberIsNotGivenAgainBeforeAllOthersWere) {
  Listen();
  int last = 0;
  for (int i = 0; i < 100; ++i) {
    const int number = std::stoi(Ask().history_id().substr(3));  // `fd:N`
    EXPECT_GT(number, last);
    last = number;
  }
}

TEST_F(SocketListenerTest, AfterTheLastNumberTheFirstAreUsedAgain) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit few = {200, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  Listen();
  for (int i = 0; i < 250; ++i) EXPECT_NE(Ask().version(), "nobody") << i;
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(SocketListenerTest, OwnerAndGroupMayWriteNobodyElse) {
  Listen();
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t{0660});
}

TEST_F(SocketListenerTest, TheGroupMayBeChosen) {
  const auto listener = SocketListener::Bind(path_, "adm");
  ASSERT_TRUE(listener.ok()) << listener.status();
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, getgrnam("adm")->gr_gid);
}

TEST_F(SocketListenerTest, AnOldSocketGivesWayAndNothingElseDoes) {
  Listen();
  listener_->Stop();
  Listen();
  EXPECT_NE(Ask().version(), "");
  listener_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(SocketListener::Bind(path_, "").ok());
}

TEST_F(SocketListenerTest, MistakesAreNamed) {
  EXPECT_EQ(SocketListener::Bind(path_, "no-such-group").status().message(),
            "--admin_group: there is no group 'no-such-group'");
  EXPECT_FALSE(SocketListener::Bind(std::string(200, 'x'), "").ok());
  EXPECT_FALSE(SocketListener::Bind("", "").ok());
}

TEST(SocketPeersTest, OnlyDescriptorsAreUsers) {
  SocketPeers peers;
  peers.Note(17, "alice");
  EXPECT_EQ(peers.UserOf("fd:17"), "alice");
  for (const char* peer :
       {"fd:18", "fd:", "fd:17x", "ipv4:192.0.2.1:17", "unix:", "17", ""}) {
    EXPECT_EQ(peers.UserOf(peer), std::nullopt) << peer;
  }
}

}  // namespace
}  // namespace mxban
