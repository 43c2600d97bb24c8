#ifndef MXBAN_TESTS_SYSTEM_HOSTILE_LAB_H_
#define MXBAN_TESTS_SYSTEM_HOSTILE_LAB_H_

// A real coordinator, and peers that speak the contract by hand: an honest one,
// and one that does what no agent would.
//
// The test's own process lives on the coordinator's host, a network namespace.

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "mxban/v1/agent_service.grpc.pb.h"
#include "tests/system/eventually.h"
#include "tests/system/network_lab.h"

namespace mxban {

// 10.0.0.0 and so on.
std::string Numbered(uint32_t number);

// One connection of a server, and on it one ReportFailures call at a time.
class Peer {
 public:
  explicit Peer(std::string server);

  // Reports a failure of each of `sources`, and waits for the answer.
  grpc::Status Report(const std::vector<std::string>& sources);

  // How long the last one took.
  absl::Duration latency() const { return latency_; }

  // Whether the coordinator lets it watch.
  bool Watches();

  std::unique_ptr<grpc::ClientContext> NewContext() const;
  v1::AgentService::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::string server_;
  const std::string log_id_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::AgentService::Stub> stub_;
  uint64_t offset_ = 0;
  absl::Duration latency_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ReportFailuresRequest,
                                           v1::ReportFailuresResponse>>
      stream_;
};

// A TCP connection to the coordinator that says what it likes.
class RawConnection {
 public:
  explicit RawConnection(uint16_t port);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;

  void Send(const std::string& bytes);
  std::string ReadToEnd();

 private:
  int fd_;
};

class HostileLab : public testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  ~HostileLab() override;

  // Three failures within ten minutes; 192.0.2.0/24 and 8.8.8.8 are ignored.
  // The coordinator may have at most `descriptors` open.
  void StartCoordinator(const std::vector<std::string>& flags,
                        int descriptors = 4096);

  // Whether `source` comes to be banned.
  bool AwaitBan(const std::string& source);
  std::vector<std::string> Bans();
  v1::GetStatusResponse Status();
  std::string Output() const { return ReadFile(folder_ + "/out"); }

  // The most that the coordinator had in memory so far, and what its store
  // takes now.
  size_t PeakBytes() const;
  size_t StoredBytes() const;

  // The value of a metric.
  double Metric(const std::string& name) const;

 private:
  static NetworkLab* lab_;
  std::string folder_;
  pid_t coordinator_ = 0;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_SYSTEM_HOSTILE_LAB_H_
