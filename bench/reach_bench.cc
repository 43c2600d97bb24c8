// How long it takes from a line in the log of one server to the ban in the
// kernel of another one, and what agents cost that have nothing to do.
//
//   reach_bench SERVERS BANS IDLE_SECONDS
//
// A real fleet in network namespaces, ipset in each. The line that is timed is
// the one that earns the ban; the kernel of the last server is asked again and
// again, and what is asked takes some 10 us. Prints one line of JSON:
//
//   median_ms, p99_ms    from writing the line to the ban in the other kernel
//   decided_ms           of it, until the coordinator began to decide (median)
//   told_ms              of it, until the ban was durable and on its way to all
//                        agents; who watches bans is told last (median)
//   idle_share           of a core that one agent, both halves, takes on a
//   quiet
//                        log; null without IDLE_SECONDS
//   idle_pss             the memory of one agent, in bytes, shared pages by
//                        their share; null as well
//
// Runs where the programs are: bench/run says how.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/firewall/ipset_netlink.h"
#include "bench/process_cost.h"
#include "coordinator/ban_store.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "tests/system/faulty_fleet.h"

namespace mxban {
namespace {

constexpr int kMaxRetry = 3;
constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr absl::Duration kQuiet = absl::Milliseconds(30);

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::_Exit(1);
}

// Of 198.18.0.0/15, which is for benchmarks (RFC 2544).
std::string SourceOf(int ban) {
  return absl::StrCat("198.18.", ban / 250, ".", 1 + ban % 250);
}

// Waits for a ban in a kernel.
class Kernel {
 public:
  Kernel(FaultyFleet& fleet, const std::string& server) {
    fleet.lab().Run(server, [&] {
      auto ipset = IpsetNetlink::Open();
      if (!ipset.ok()) Die(ipset.status().ToString());
      ipset_ = *std::move(ipset);
    });
  }

  // When it was there.
  absl::Time Await(const IpNetwork& source) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      const auto elements = ipset_->Elements(FaultyFleet::kSet);
      const absl::Time now = absl::Now();
      if (elements.ok() && std::any_of(elements->begin(), elements->end(),
                                       [&](const IpsetElement& element) {
                                         return element.network == source;
                                       })) {
        return now;
      }
      usleep(100);
    }
    Die(source.ToString() + " is not banned");
  }

 private:
  std::unique_ptr<IpsetNetlink> ipset_;
};

// Hears when the coordinator tells of bans.
class Told {
 public:
  explicit Told(const std::string& endpoint)
      : stub_(v1::AdminService::NewStub(
            grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()))),
        stream_(stub_->WatchBans(&context_, v1::WatchBansRequest())) {
    stream_->WaitForInitialMetadata();  // Nothing is missed from now on.
    thread_ = std::thread([this] { Listen(); });
  }

  // Since construction, by source.
  std::map<std::string, absl::Time> End() {
    context_.TryCancel();
    thread_.join();
    return std::move(times_);
  }

 private:
  void Listen() {
    v1::WatchBansResponse response;
    while (stream_->Read(&response)) {
      if (response.change() != v1::WatchBansResponse::CHANGE_IMPOSED) continue;
      times_[response.ban().ban().source()] = absl::Now();
    }
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::AdminService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchBansResponse>> stream_;
  std::map<std::string, absl::Time> times_;  // The thread's, until its end.
  std::thread thread_;
};

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(share * last + 0.5)];
}

struct Idle {
  double share = 0;
  size_t pss = 0;
};

Idle WatchIdle(const FaultyFleet& fleet, int seconds) {
  const std::string& server = fleet.servers().front();
  const pid_t halves[] = {fleet.PidOf(server), fleet.EnforcingHalf(server)};
  const auto cpu_time = [&] {
    return CpuTimeOf(halves[0]) + CpuTimeOf(halves[1]);
  };
  const absl::Duration before = cpu_time();
  absl::SleepFor(absl::Seconds(seconds));
  Idle idle;
  idle.share = absl::FDivDuration(cpu_time() - before, absl::Seconds(seconds));
  idle.pss = ProportionalBytesOf(halves[0]) + ProportionalBytesOf(halves[1]);
  return idle;
}

// The end of an object.
void PrintIdle(const std::optional<Idle>& idle) {
  if (idle) {
    std::printf("\"idle_share\": %.6f, \"idle_pss\": %zu}\n", idle->share,
                idle->pss);
  } else {
    std::printf("\"idle_share\": null, \"idle_pss\": null}\n");
  }
}

int Run(int servers, int bans, int idle_seconds) {
  FaultyFleet fleet({.servers = servers, .max_retry = kMaxRetry});
  fleet.StartAll();
  if (!fleet.AwaitCurrent(absl::Minutes(1))) Die("the fleet is not up");
  const std::string& reporter = fleet.servers().front();
  Kernel kernel(fleet, fleet.servers().back());
  std::optional<Idle> idle;
  if (idle_seconds > 0) idle = WatchIdle(fleet, idle_seconds);

  Told told_by_coordinator("unix:" + fleet.folder() + "/admin.sock");
  std::map<std::string, absl::Time> written;
  std::vector<double> times;
  for (int ban = 0; ban < bans; ++ban) {
    const std::string source = SourceOf(ban);
    for (int i = 1; i < kMaxRetry; ++i) fleet.Fail(reporter, source);
    absl::SleepFor(kQuiet);
    written[source] = absl::Now();
    fleet.Fail(reporter, source);
    const absl::Time there = kernel.Await(IpNetwork::ParseOrDie(source));
    times.push_back(absl::ToDoubleMilliseconds(there - written[source]));
  }
  std::vector<double> told;
  for (const auto& [source, time] : told_by_coordinator.End()) {
    told.push_back(absl::ToDoubleMilliseconds(time - written[source]));
  }
  std::vector<double> decided;
  for (const Ban& ban : fleet.Store().bans) {
    decided.push_back(absl::ToDoubleMilliseconds(
        ban.create_time - written[ban.key.source.ToString()]));
  }
  std::printf(
      "{\"servers\": %d, \"bans\": %d, \"median_ms\": %.3f, "
      "\"p99_ms\": %.3f, \"decided_ms\": %.3f, \"told_ms\": %.3f, ",
      servers, bans, Percentile(times, 0.5), Percentile(times, 0.99),
      Percentile(decided, 0.5), Percentile(told, 0.5));
  PrintIdle(idle);
  return 0;
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  int servers = 0, bans = 0, idle_seconds = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[1], &servers) || servers < 2 ||
      servers > 200 || !absl::SimpleAtoi(argv[2], &bans) || bans < 1 ||
      bans > 10'000 || !absl::SimpleAtoi(argv[3], &idle_seconds)) {
    std::fprintf(stderr, "usage: reach_bench SERVERS BANS IDLE_SECONDS\n");
    return 2;
  }
  return mxban::Run(servers, bans, idle_seconds);
}
