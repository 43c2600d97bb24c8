#include "tests/system/hostile_lab.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_waker.h"
#include "common/time_convert.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace mxban {
namespace {

constexpr uint16_t kAgentPort = 7460;
constexpr uint16_t kHttpPort = 7462;

// Calls that are not answered by then fail.
constexpr absl::Duration kLongestCall = absl::Seconds(60);

std::shared_ptr<grpc::Channel> NewChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", kAgentPort),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

std::string Numbered(uint32_t number) {
  return absl::StrCat("10.", number >> 16 & 255, ".", number >> 8 & 255, ".",
                      number & 255);
}

Peer::Peer(std::string server)
    : server_(std::move(server)),
      log_id_(absl::StrCat("log of ", reinterpret_cast<uintptr_t>(this))),
      channel_(NewChannel()),
      stub_(v1::AgentService::NewStub(channel_)) {}

std::unique_ptr<grpc::ClientContext> Peer::NewContext() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("mxban-server-name", server_);
  context->set_deadline(absl::ToChronoTime(absl::Now() + kLongestCall));
  return context;
}

grpc::Status Peer::Report(const std::vector<std::string>& sources) {
  v1::ReportFailuresRequest request;
  request.set_jail("sendmail");
  request.set_log_id(log_id_);
  for (const std::string& source : sources) {
    v1::Failure& failure = *request.add_failures();
    failure.set_source(source);
    *failure.mutable_failure_time() = TimestampToProto(absl::Now());
    failure.set_end_offset(++offset_);
    failure.set_evidence(std::string(100, 'x'));
  }
  const absl::Time begin = absl::Now();
  if (stream_ == nullptr) {
    context_ = NewContext();
    stream_ = stub_->ReportFailures(context_.get());
  }
  v1::ReportFailuresResponse response;
  const bool is_answered = stream_->Write(request) && stream_->Read(&response);
  latency_ = absl::Now() - begin;
  if (is_answered) return grpc::Status::OK;
  const grpc::Status status = stream_->Finish();
  stream_.reset();
  return status;
}

bool Peer::Watches() {
  const auto context = NewContext();
  const auto stream = stub_->Watch(context.get());
  v1::WatchRequest request;
  request.mutable_subscription();
  v1::WatchResponse response;
  const bool watches = stream->Write(request) && stream->Read(&response);
  context->TryCancel();
  while (stream->Read(&response)) {
  }
  stream->Finish();
  return watches;
}

RawConnection::RawConnection(uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
}

RawConnection::~RawConnection() { close(fd_); }

void RawConnection::Send(const std::string& bytes) {
  (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string RawConnection::ReadToEnd() {
  std::string all;
  char bytes[4096];
  for (ssize_t n; (n = recv(fd_, bytes, sizeof(bytes), 0)) > 0;) {
    all.append(bytes, n);
  }
  return all;
}

NetworkLab* HostileLab::lab_ = nullptr;

void HostileLab::SetUpTestSuite() {
  lab_ = new NetworkLab;
  lab_->AddHost("coordinator", {"192.0.2.1"});
  // Before gRPC starts threads, which live where they were begun.
  lab_->Enter("coordinator");
  static GrpcWaker* const waker = new GrpcWaker;
  (void)waker;
}

void HostileLab::TearDownTestSuite() { delete lab_; }

HostileLab::~HostileLab() {
  if (coordinator_ != 0) lab_->Stop(coordinator_, SIGTERM);
}

void HostileLab::StartCoordinator(const std::vector<std::string>& flags,
                                  int descriptors) {
  folder_ = absl::StrCat(
      lab_->folder(), "/",
      testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::create_directories(folder_ + "/config/filter.d");
  std::ofstream(folder_ + "/config/jail.local")
      << "[sendmail]\nenabled = true\nfilter = sendmail\nmaxretry = "
         "3\nmaxbanrate = 0\n"
         "findtime = 10m\nbantime = 8h\nignoreip = 192.0.2.0/24 8.8.8.8\n"
         "logpath = /var/log/mail.log\naction = iptables-multiport[name=auth, "
         "port=\"submission,465,smtp\", protocol=tcp]\n";
  std::ofstream(folder_ + "/config/filter.d/sendmail.conf")
      << "[Definition]\nfailregex = \\[<HOST>\\]: possible SMTP attack\n";
  const std::string socket = absl::StrCat("unix:", folder_, "/admin.sock");
  std::vector<std::string> arguments = {
      "prlimit",
      absl::StrCat("--nofile=", descriptors),
      "coordinator/mxban-coordinator",
      absl::StrCat("--config_dir=", folder_, "/config"),
      absl::StrCat("--state_dir=", folder_, "/state"),
      absl::StrCat("--agent_listen=127.0.0.1:", kAgentPort),
      absl::StrCat("--admin_listen=", socket),
      absl::StrCat("--http_listen=127.0.0.1:", kHttpPort)};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  coordinator_ = lab_->Start("coordinator", arguments, folder_ + "/out");
  // Who comes too early has to wait for gRPC to try again.
  ASSERT_TRUE(Eventually([this] {
    return std::filesystem::exists(folder_ + "/admin.sock");
  })) << Output();
  admin_ = v1::AdminService::NewStub(
      grpc::CreateChannel(socket, grpc::InsecureChannelCredentials()));
  ASSERT_TRUE(Eventually([this] { return Status().jail_count() == 1; }))
      << Output();
}

v1::GetStatusResponse HostileLab::Status() {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
  v1::GetStatusResponse response;
  admin_->GetStatus(&context, {}, &response);
  return response;
}

std::vector<std::string> HostileLab::Bans() {
  std::vector<std::string> sources;
  v1::ListBansRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListBansResponse page;
    if (!admin_->ListBans(&context, request, &page).ok()) break;
    for (const v1::BanStatus& ban : page.bans()) {
      sources.push_back(ban.ban().source());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return sources;
}

bool HostileLab::AwaitBan(const std::string& source) {
  return Eventually([&] {
    const std::vector<std::string> bans = Bans();
    return std::find(bans.begin(), bans.end(), source) != bans.end();
  });
}

size_t HostileLab::PeakBytes() const {
  std::ifstream status(absl::StrCat("/proc/", coordinator_, "/status"));
  std::string word;
  size_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  return kilobytes << 10;
}

size_t HostileLab::StoredBytes() const {
  size_t bytes = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(folder_ + "/state")) {
    bytes += file.file_size();
  }
  return bytes;
}

double HostileLab::Metric(const std::string& name) const {
  RawConnection connection(kHttpPort);
  connection.Send("GET /metrics HTTP/1.0\r\n\r\n");
  const std::string text = connection.ReadToEnd();
  const std::string label = absl::StrCat("\n", name, " ");
  const size_t found = text.find(label);
  if (found == std::string::npos) return -1;
  return std::strtod(text.c_str() + found + label.size(), nullptr);
}

}  // namespace mxban
