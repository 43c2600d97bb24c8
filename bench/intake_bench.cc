// How fast a coordinator takes in failures, durably and exactly once, beside a
// bare gRPC server that counts the same messages in a hash map.
//
//   intake_bench AGENTS BATCH FAILURES
//
// So many agents send batches, each the next one when the one before is
// acknowledged, until all failures are. Messages are written beforehand. Prints
// one line of JSON with failures for each second of processor time of either
// server, and the coordinator's by the clock, on cores that it shares with its
// agents.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "bench/connection.h"
#include "bench/coordinator_process.h"
#include "bench/process_cost.h"
#include "bench/server_process.h"
#include "grpcpp/generic/generic_stub.h"
#include "mxban/v1/agent_service.grpc.pb.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr char kMethod[] = "/mxban.v1.AgentService/ReportFailures";
// A source of 10.0.0.0/8 for each number; each fails twice in all, so none is
// banned, and all are tracked.
std::string SourceOf(uint64_t number) {
  const uint64_t n = number / 2;
  return absl::StrCat("10.", n >> 16 & 255, ".", n >> 8 & 255, ".", n & 255);
}

// The line of a log that told it. No two are the same.
std::string LineOf(uint64_t number, absl::string_view user) {
  const uint64_t pid = 10'000 + number * 7919 % 50'000;
  return absl::StrCat(
      absl::FormatTime("%b %e %H:%M:%S", absl::Now(), absl::UTCTimeZone()),
      " mx1 sm-mta[", pid, "]: 5AN", absl::Hex(absl::HashOf(number) >> 44),
      absl::Dec(pid, absl::kZeroPad6),
      ": AUTH failure (LOGIN): authentication failure (-13) SASL(-13): "
      "authentication failure: checkpass failed, user=",
      user, ", relay=[", SourceOf(number), "]");
}

constexpr const char* kUsers[] = {"info",       "admin",   "postmaster",
                                  "sales",      "test",    "john.doe",
                                  "newsletter", "contact", "root"};

struct Agent {
  std::string name;
  std::deque<grpc::ByteBuffer> batches;
};

std::vector<Agent> WriteBatches(int agents, int batch, uint64_t failures) {
  std::vector<Agent> all(agents);
  std::vector<uint64_t> offsets(agents);
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  uint64_t number = 0;
  for (int turn = 0; number < failures; turn = (turn + 1) % agents) {
    v1::ReportFailuresRequest request;
    request.set_jail("sendmail-auth");
    request.set_log_id("2049:131:9f3a6c51");
    for (int i = 0; i < batch && number < failures; ++i, ++number) {
      v1::Failure& failure = *request.add_failures();
      failure.set_source(SourceOf(number));
      failure.mutable_failure_time()->set_seconds(now);
      failure.set_user(kUsers[number % std::size(kUsers)]);
      failure.set_evidence(LineOf(number, failure.user()));
      failure.set_end_offset(offsets[turn] += failure.evidence().size() + 1);
    }
    bool own_buffer;
    (void)grpc::SerializationTraits<v1::ReportFailuresRequest>::Serialize(
        request, &all[turn].batches.emplace_back(), &own_buffer);
  }
  for (int i = 0; i < agents; ++i) all[i].name = absl::StrCat("mx", i);
  return all;
}

// Sends what an agent has, one batch after the other.
class Call final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Call(const std::shared_ptr<grpc::Channel>& channel, Agent& agent,
       absl::BlockingCounter& done)
      : stub_(channel), agent_(agent), done_(done) {
    context_.AddMetadata("mxban-server-name", agent.name);
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    Send();
    StartCall();
  }

  void OnReadDone(bool ok) override { OneIsDone(ok); }
  void OnWriteDone(bool ok) override { OneIsDone(ok); }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.error_message().c_str());
    }
    done_.DecrementCount();
  }

 private:
  // The answer may be there before the write is known to be done.
  void OneIsDone(bool ok) {
    if (!ok || under_way_.fetch_sub(1) > 1) return;
    agent_.batches.pop_front();
    Send();
  }

  void Send() {
    if (agent_.batches.empty()) return StartWritesDone();
    under_way_ = 2;
    StartRead(&response_);
    StartWrite(&agent_.batches.front());
  }

  grpc::GenericStub stub_;
  Agent& agent_;
  absl::BlockingCounter& done_;
  grpc::ClientContext context_;
  grpc::ByteBuffer response_;
  std::atomic<int> under_way_ = 0;
};

// Counts by source; the least that any server must do.
class BareService final : public v1::AgentService::CallbackService {
 public:
  grpc::ServerBidiReactor<v1::ReportFailuresRequest,
                          v1::ReportFailuresResponse>*
  ReportFailures(grpc::CallbackServerContext* /*context*/) override {
    return new Stream(*this);
  }

 private:
  class Stream final
      : public grpc::ServerBidiReactor<v1::ReportFailuresRequest,
                                       v1::ReportFailuresResponse> {
   public:
    explicit Stream(BareService& service) : service_(service) {
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      {
        absl::MutexLock lock(&service_.mutex_);
        for (const v1::Failure& failure : request_.failures()) {
          ++service_.counts_[failure.source()];
          response_.set_acknowledged_offset(failure.end_offset());
        }
      }
      StartWrite(&response_);
    }
    void OnWriteDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      StartRead(&request_);
    }
    void OnDone() override { delete this; }

   private:
    BareService& service_;
    v1::ReportFailuresRequest request_;
    v1::ReportFailuresResponse response_;
  };

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, uint64_t> counts_;
};

int ServeBare() {
  static BareService service;
  return Listen(service);
}

struct Cost {
  absl::Duration cpu;
  absl::Duration wall;
};

// What it costs `server` to take in all that `agents` have.
Cost Measure(const ServerProcess& server, std::vector<Agent> agents) {
  absl::BlockingCounter done(static_cast<int>(agents.size()));
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (size_t i = 0; i < agents.size(); ++i) {
    channels.push_back(Connect(server.endpoint()));
  }
  const absl::Duration cpu_before = CpuTimeOf(server.pid());
  const absl::Time begin = absl::Now();
  std::deque<Call> calls;
  for (size_t i = 0; i < agents.size(); ++i) {
    calls.emplace_back(channels[i], agents[i], done);
  }
  done.Wait();
  for (const Agent& agent : agents) {
    if (agent.batches.empty()) continue;
    std::fprintf(stderr, "not all was acknowledged\n");
    std::exit(1);
  }
  return {CpuTimeOf(server.pid()) - cpu_before, absl::Now() - begin};
}

void Run(int agents, int batch, uint64_t failures) {
  spdlog::set_level(spdlog::level::err);
  const ServerProcess bare_server(ServeBare);
  const CoordinatorProcess coordinator;
  const std::vector<Agent> load = WriteBatches(agents, batch, failures);
  const Cost bare = Measure(bare_server, load);
  const Cost ours = Measure(coordinator.server(), load);
  const auto rate = [&](absl::Duration time) {
    return static_cast<double>(failures) / absl::ToDoubleSeconds(time);
  };
  std::printf(
      "{\"agents\": %d, \"batch\": %d, \"failures\": %llu, \"bare_per_cpu\": "
      "%.0f, \"per_cpu\": %.0f, \"bare_per_second\": %.0f, \"per_second\": "
      "%.0f, \"ratio\": %.3f}\n",
      agents, batch, static_cast<unsigned long long>(failures), rate(bare.cpu),
      rate(ours.cpu), rate(bare.wall), rate(ours.wall),
      absl::FDivDuration(bare.cpu, ours.cpu));
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  int agents = 0, batch = 0;
  uint64_t failures = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[1], &agents) || agents < 1 ||
      !absl::SimpleAtoi(argv[2], &batch) || batch < 1 || batch > 1000 ||
      !absl::SimpleAtoi(argv[3], &failures)) {
    std::fprintf(stderr, "usage: intake_bench AGENTS BATCH FAILURES\n");
    return 2;
  }
  mxban::Run(agents, batch, failures);
  return 0;
}
