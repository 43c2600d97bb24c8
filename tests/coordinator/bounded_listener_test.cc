// A gRPC server behind it, and more connections than there is room for.

#include "coordinator/bounded_listener.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "gtest/gtest.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

class BoundedListenerTest : public testing::Test {
 protected:
  void Serve(const std::string& address, size_t max_connections) {
    auto listener = BoundedListener::Open("--listen", address, max_connections);
    ASSERT_TRUE(listener.ok()) << listener.status();
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    (*listener)->Start(std::move(acceptor));
    listener_ = *std::move(listener);
  }

  ~BoundedListenerTest() override {
    listener_.reset();
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  // Whether gRPC's client comes through, on a connection of its own.
  bool Connects(const std::string& host) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(
        absl::StrCat(host, ":", listener_->port()),
        grpc::InsecureChannelCredentials(), arguments);
    return channel->WaitForConnected(
        absl::ToChronoTime(absl::Now() + kPatience));
  }

  // A connection that says nothing.
  int OpenSilent() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  v1::AgentService::Service service_;
  std::unique_ptr<BoundedListener> listener_;
  std::unique_ptr<grpc::Server> server_;
};

// Whether the other end closes `fd`, or says something, in time.
bool IsStirred(int fd, int patience_ms) {
  pollfd waiting = {fd, POLLIN, 0};
  return poll(&waiting, 1, patience_ms) == 1;
}

TEST_F(BoundedListenerTest, ServesBothFamilies) {
  Serve("0.0.0.0:0", 100);
  EXPECT_TRUE(Connects("127.0.0.1"));
  EXPECT_TRUE(Connects("[::1]"));
}

TEST_F(BoundedListenerTest, OneBeyondTheBoundIsTurnedAway) {
  Serve("127.0.0.1:0", 50);
  std::vector<int> silent = {OpenSilent()};
  char bytes[1024];
  ASSERT_GT(recv(silent[0], bytes, sizeof(bytes), 0), 0) << "SETTINGS";
  // Both ends are in this process, which has 256 descriptors for others.
  for (int i = 0; i < 400; ++i) silent.push_back(OpenSilent());
  ASSERT_TRUE(IsStirred(silent.back(), 20'000));
  EXPECT_LE(recv(silent.back(), bytes, sizeof(bytes), 0), 0);
  EXPECT_GT(listener_->turned_away(), 0);
  EXPECT_NE(recv(silent[0], bytes, sizeof(bytes), MSG_DONTWAIT), 0)
      << "who was there before stays";
  for (const int fd : silent) close(fd);
  EXPECT_TRUE(Connects("127.0.0.1")) << "when they are gone there is room";
}

TEST_F(BoundedListenerTest, OutlivesAProcessWithoutDescriptors) {
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  Serve("127.0.0.1:0", 10'000);
  std::vector<int> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(OpenSilent());
  // One that waits in the kernel, for there is no descriptor for it.
  const int waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 3;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener_->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  EXPECT_FALSE(IsStirred(waiting, 300)) << "nobody has taken it yet";
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(Connects("127.0.0.1"));
  for (const int fd : silent) close(fd);
  close(waiting);
}

TEST_F(BoundedListenerTest, SaysWhichFlagAndWhatIsWrong) {
  const auto complaint = [](const std::string& address) {
    return std::string(
        BoundedListener::Open("--listen", address, 10).status().message());
  };
  EXPECT_EQ(complaint("7460"), "--listen: '7460' is not ADDRESS:PORT");
  EXPECT_EQ(complaint("127.0.0.1:"),
            "--listen: '127.0.0.1:' is not ADDRESS:PORT");
  EXPECT_EQ(complaint("192.0.2.77:7460"),
            "--listen: cannot listen on 192.0.2.77:7460: Cannot assign "
            "requested address");
  EXPECT_EQ(complaint("127.0.0.1:smtp").substr(0, 41),
            "--listen: cannot listen on 127.0.0.1:smtp");
  Serve("127.0.0.1:0", 10);
  const std::string taken = absl::StrCat("127.0.0.1:", listener_->port());
  EXPECT_EQ(complaint(taken), absl::StrCat("--listen: cannot listen on ", taken,
                                           ": Address already in use"));
}

}  // namespace
}  // namespace mxban
