#ifndef MXBAN_TESTS_CLUSTER_CLUSTER_H_
#define MXBAN_TESTS_CLUSTER_CLUSTER_H_

// A whole cluster in one process: a real coordinator and real agents that talk
// gRPC over loopback, with real logs and a real store. Only the kernel is fake.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent/agent.h"
#include "agent/firewall/firewall.h"
#include "common/clock.h"
#include "coordinator/coordinator.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "tests/fakes/fake_firewall.h"

namespace mxban {

// What has to happen happens within this time, or the test fails.
inline constexpr absl::Duration kPatience = absl::Seconds(20);

// The kernel of one server: outlives its agents, as a real one does.
//
// Thread-safe.
class FakeKernel {
 public:
  // Waits until `source` is refused, or is not, by chain `jail`.
  bool Await(const std::string& jail, const std::string& source,
             bool is_refused) {
    const IpNetwork network = IpNetwork::ParseOrDie(source);
    const auto holds = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const FirewallState state =
          *rules_.Inspect(InspectDepth::kRulesAndBans, absl::Now());
      const auto found = state.find(jail);
      return (found != state.end() && found->second.bans.contains(network)) ==
             is_refused;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&holds), kPatience);
  }

  void Flush() {
    absl::MutexLock lock(&mutex_);
    rules_.FlushedByOperator();
  }

  // The kernel as an agent sees it; the agent may come and go.
  std::unique_ptr<Firewall> Open() { return std::make_unique<Handle>(*this); }

 private:
  class Handle final : public Firewall {
   public:
    explicit Handle(FakeKernel& kernel) : kernel_(kernel) {}
    std::string name() const override { return "fake"; }
    absl::Status Apply(const FirewallChanges& changes,
                       absl::Time now) override {
      absl::MutexLock lock(&kernel_.mutex_);
      return kernel_.rules_.Apply(changes, now);
    }
    absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                          absl::Time now) override {
      absl::MutexLock lock(&kernel_.mutex_);
      return kernel_.rules_.Inspect(depth, now);
    }
    absl::Status Remove() override {
      absl::MutexLock lock(&kernel_.mutex_);
      return kernel_.rules_.Remove();
    }

   private:
    FakeKernel& kernel_;
  };

  absl::Mutex mutex_;
  FakeFirewall rules_ ABSL_GUARDED_BY(mutex_);
};

// A clock that is wrong by a constant.
//
// Thread-safe.
class WrongClock final : public Clock {
 public:
  absl::Time TimeNow() const override {
    return absl::Now() + absl::Microseconds(ahead_us_.load());
  }
  void Set(absl::Duration ahead) {
    ahead_us_ = absl::ToInt64Microseconds(ahead);
  }

 private:
  std::atomic<int64_t> ahead_us_ = 0;
};

class ClusterTest : public testing::Test {
 protected:
  static constexpr int kServers = 3;

  ClusterTest() {
    std::filesystem::create_directories(directory_ + "/config/filter.d");
    WriteJail(
        "maxretry = 3\nbantime = 8h\nfindtime = 10m\nmaxbanrate = 0\n"
        "ignoreip = 192.0.2.0/24\n");
    std::ofstream(directory_ + "/config/filter.d/sendmail.conf")
        << "[Definition]\nfailregex = \\[<HOST>\\]: possible SMTP attack: "
           "command=AUTH\nignoreregex =\n";
    options_.config_dir = directory_ + "/config";
    options_.state_dir = directory_ + "/state";
    options_.agent_listen = "127.0.0.1:0";
    options_.admin_listen = "unix:" + directory_ + "/admin.sock";
    options_.http_listen = "";
  }

  ~ClusterTest() override {
    for (auto& agent : agents_) agent.reset();
    coordinator_.reset();
    std::filesystem::remove_all(directory_);
  }

  // A socket's path has at most 107 characters, so not in the test's own.
  static std::string MakeDirectory() {
    char path[] = "/tmp/mxban-cluster-XXXXXX";
    return mkdtemp(path);
  }

  void WriteJail(const std::string& settings) {
    std::ofstream(directory_ + "/config/jail.local")
        << "[sendmail]\nenabled = true\nfilter = sendmail\nlogpath = "
           "/var/log/mail.log\naction = iptables-multiport[name=auth, "
           "port=\"submission,465,smtp\", protocol=tcp]\n"
        << settings;
  }

  void StartCoordinator() {
    auto coordinator = Coordinator::Start(options_, clock_);
    ASSERT_TRUE(coordinator.ok()) << coordinator.status();
    coordinator_ = *std::move(coordinator);
    // After a restart agents must find it where it was.
    options_.agent_listen =
        absl::StrCat("127.0.0.1:", coordinator_->agent_port());
    admin_ = v1::AdminService::NewStub(grpc::CreateChannel(
        options_.admin_listen, grpc::InsecureChannelCredentials()));
  }

  void StartAgent(int i) {
    const std::string name = absl::StrCat("mx", i + 1);
    Agent::Options options;
    options.coordinators = {options_.agent_listen};
    options.server_name = name;
    options.state_dir = directory_ + "/" + name;
    options.log_paths["sendmail"] = {LogPath(i)};
    options.http_listen = "";
    auto agent = Agent::Start(options, kernels_[i].Open(), clocks_[i]);
    ASSERT_TRUE(agent.ok()) << agent.status();
    agents_[i] = *std::move(agent);
  }

  void StartAll() {
    StartCoordinator();
    for (int i = 0; i < kServers; ++i) StartAgent(i);
  }

  std::string LogPath(int i) const {
    return absl::StrCat(directory_, "/mx", i + 1, ".mail.log");
  }

  // A login fails on server `i`, as sendmail tells it.
  void Attack(int i, const std::string& source) {
    std::ofstream(LogPath(i), std::ios::app)
        << absl::FormatTime("%b %e %H:%M:%S", clocks_[i].TimeNow(),
                            absl::LocalTimeZone())
        << " mx sm-mta[1195]: o0LNaCc5001195: [" << source
        << "]: possible SMTP attack: command=AUTH, count=5\n";
  }

  // Whether `source` is, or is not, refused on every server in the end.
  bool AwaitEverywhere(const std::string& source, bool is_refused = true) {
    for (FakeKernel& kernel : kernels_) {
      if (!kernel.Await("auth", source, is_refused)) return false;
    }
    return true;
  }

  // Waits, by asking, until the coordinator says `holds` of its status.
  template <typename Predicate>
  bool AwaitStatus(Predicate holds) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      if (holds(GetStatus())) return true;
    }
    return false;
  }

  v1::GetStatusResponse GetStatus() {
    grpc::ClientContext context;
    v1::GetStatusResponse response;
    admin_->GetStatus(&context, {}, &response);
    return response;
  }

  std::vector<v1::BanStatus> ListBans() {
    grpc::ClientContext context;
    v1::ListBansResponse response;
    admin_->ListBans(&context, {}, &response);
    return {response.bans().begin(), response.bans().end()};
  }

  const std::string directory_ = MakeDirectory();
  RealClock clock_;
  WrongClock clocks_[kServers];
  Coordinator::Options options_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  FakeKernel kernels_[kServers];
  std::unique_ptr<Agent> agents_[kServers];
};

}  // namespace mxban

#endif  // MXBAN_TESTS_CLUSTER_CLUSTER_H_
