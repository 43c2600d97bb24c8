// How long one ban takes to reach all connected agents, beside a bare gRPC
// server that writes a message of the same size to as many streams.
//
//   fan_out_bench AGENTS BANS STANDING
//
// The agents are real streams of this process, 16 to a connection, which take
// each message and acknowledge it. They come all at once, and get the bans that
// are STANDING. Then so many bans follow each other, each when the one before
// has reached all. Prints one line of JSON:
//
//   ms, bare_ms               from the ban to the last agent (median)
//   bytes_per_agent           of the coordinator's memory, at rest
//   snapshot_ms               until all agents have the standing bans
//   peak_bytes                of the coordinator's memory, meanwhile

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "bench/connection.h"
#include "bench/coordinator_process.h"
#include "bench/process_cost.h"
#include "bench/server_process.h"
#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/generic/generic_stub.h"
#include "mxban/v1/admin_service.grpc.pb.h"
#include "mxban/v1/agent_service.grpc.pb.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr char kMethod[] = "/mxban.v1.AgentService/Watch";
constexpr char kNameKey[] = "mxban-server-name";
constexpr char kTrigger[] = "trigger";
constexpr int kCallsPerConnection = 16;
constexpr absl::Duration kLongest = absl::Minutes(2);

template <typename Message>
grpc::ByteBuffer Encode(const Message& message) {
  grpc::ByteBuffer buffer;
  bool own_buffer;
  (void)grpc::SerializationTraits<Message>::Serialize(message, &buffer,
                                                      &own_buffer);
  return buffer;
}

// What a WatchResponse says before its bans. Decoding those would cost this
// process, which shares the cores with the server, more than sending them.
struct Head {
  uint64_t revision = 0;
  uint32_t update = 0;  // The number of the field.
};

Head HeadOf(const grpc::ByteBuffer& message) {
  grpc::Slice slice;
  if (!message.TrySingleSlice(&slice).ok() &&
      !message.DumpToSingleSlice(&slice).ok()) {
    std::abort();
  }
  google::protobuf::io::CodedInputStream in(slice.begin(),
                                            static_cast<int>(slice.size()));
  Head head;
  while (head.update == 0) {
    const uint32_t field = in.ReadTag() >> 3;
    uint32_t size = 0;
    if (field == v1::WatchResponse::kHistoryIdFieldNumber) {
      if (!in.ReadVarint32(&size) || !in.Skip(static_cast<int>(size)))
        std::abort();
    } else if (field == v1::WatchResponse::kRevisionFieldNumber) {
      if (!in.ReadVarint64(&head.revision)) std::abort();
    } else {
      head.update = field;
      if (field == 0) std::abort();
    }
  }
  return head;
}

// Counts what all agents have got.
class Tally {
 public:
  void Add() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  void Await(int count) {
    const auto is_there = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return count_ >= count;
    };
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&is_there), kLongest)) return;
    std::fprintf(stderr, "%d of %d agents heard of it\n", count_, count);
    std::exit(1);
  }
  void Clear() {
    absl::MutexLock lock(&mutex_);
    count_ = 0;
  }

 private:
  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One agent: subscribes, then acknowledges each update.
class Agent final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Agent(const std::shared_ptr<grpc::Channel>& channel, const std::string& name,
        Tally& snapshots, Tally& updates)
      : stub_(channel), snapshots_(snapshots), updates_(updates) {
    context_.AddMetadata(kNameKey, name);
    v1::WatchRequest request;
    request.mutable_subscription()->set_agent_version("bench");
    request_ = Encode(request);
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    StartWrite(&request_);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const Head head = HeadOf(response_);
    // Only the last part of a snapshot bears a revision.
    const bool is_snapshot =
        head.update == v1::WatchResponse::kSnapshotFieldNumber;
    const bool is_delta = head.update == v1::WatchResponse::kDeltaFieldNumber;
    if (head.revision > 0 && (is_snapshot || is_delta)) {
      {
        absl::MutexLock lock(&mutex_);
        enforced_ = head.revision;
        Acknowledge();
      }
      (is_snapshot ? snapshots_ : updates_).Add();
    }
    StartRead(&response_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    is_writing_ = false;
    if (ok) Acknowledge();
  }

 private:
  void Acknowledge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_writing_ || acknowledged_ == enforced_) return;
    is_writing_ = true;
    acknowledged_ = enforced_;
    v1::WatchRequest request;
    request.mutable_acknowledgement()->set_enforced_revision(enforced_);
    request_ = Encode(request);
    StartWrite(&request_);
  }

  grpc::GenericStub stub_;
  Tally& snapshots_;
  Tally& updates_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;

  absl::Mutex mutex_;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = true;  // The subscription.
  uint64_t enforced_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Writes the same update to all streams whenever one that is called `trigger`
// begins; the least that any server must do.
class BareService final : public v1::AgentService::WithRawCallbackMethod_Watch<
                              v1::AgentService::Service> {
 public:
  BareService() {
    v1::WatchResponse snapshot;
    snapshot.mutable_snapshot()->set_last(true);
    snapshot.set_revision(1);
    snapshot_ = Encode(snapshot);
    v1::WatchResponse update;
    update.set_history_id(std::string(32, 'a'));
    update.set_revision(2);
    v1::StandingBan& ban = *update.mutable_delta()->add_imposed();
    ban.set_jail("sendmail-auth");
    ban.set_source("203.0.113.77");
    ban.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    update_ = Encode(update);
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context) override {
    auto* stream = new Stream;
    const auto name = context->client_metadata().find(kNameKey);
    if (name != context->client_metadata().end() && name->second == kTrigger) {
      absl::MutexLock lock(&mutex_);
      for (Stream* other : streams_) other->Write(update_);
      stream->Finish(grpc::Status::OK);
    } else {
      {
        absl::MutexLock lock(&mutex_);
        streams_.push_back(stream);
      }
      stream->Write(snapshot_);
    }
    return stream;
  }

 private:
  class Stream final
      : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    Stream() { StartRead(&incoming_); }
    void Write(const grpc::ByteBuffer& message) {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(message);
      WriteNext();
    }
    void OnReadDone(bool ok) override {
      if (ok) StartRead(&incoming_);
    }
    void OnWriteDone(bool /*ok*/) override {
      absl::MutexLock lock(&mutex_);
      is_writing_ = false;
      WriteNext();
    }
    void OnDone() override { delete this; }

   private:
    void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (is_writing_ || waiting_.empty()) return;
      is_writing_ = true;
      outgoing_ = std::move(waiting_.front());
      waiting_.pop_front();
      StartWrite(&outgoing_);
    }

    grpc::ByteBuffer incoming_;
    absl::Mutex mutex_;
    bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
    std::deque<grpc::ByteBuffer> waiting_ ABSL_GUARDED_BY(mutex_);
    grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);
  };

  grpc::ByteBuffer snapshot_;
  grpc::ByteBuffer update_;
  absl::Mutex mutex_;
  std::vector<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

int ServeBare() {
  static BareService service;
  return Listen(service);
}

struct Outcome {
  double median_ms = 0;
  size_t bytes_per_agent = 0;
  double snapshot_ms = 0;
};

// Connects the agents to `server` and has `ban` called so often.
Outcome Measure(const ServerProcess& server, int agents, int bans,
                const std::function<void(int)>& ban) {
  Tally snapshots, updates;
  const size_t before = ResidentBytesOf(server.pid());
  // Never destroyed: the process ends with its streams open.
  auto& all = *new std::deque<Agent>;
  const absl::Time start = absl::Now();
  std::shared_ptr<grpc::Channel> channel;
  for (int i = 0; i < agents; ++i) {
    if (i % kCallsPerConnection == 0) channel = Connect(server.endpoint());
    all.emplace_back(channel, absl::StrCat("mx", i), snapshots, updates);
  }
  snapshots.Await(agents);
  Outcome outcome;
  outcome.snapshot_ms = absl::ToDoubleMilliseconds(absl::Now() - start);
  outcome.bytes_per_agent =
      (ResidentBytesOf(server.pid()) - before) / static_cast<size_t>(agents);
  std::vector<double> times;
  for (int i = 0; i < bans; ++i) {
    updates.Clear();
    const absl::Time begin = absl::Now();
    ban(i);
    updates.Await(agents);
    times.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
  }
  std::sort(times.begin(), times.end());
  outcome.median_ms = times[times.size() / 2];
  return outcome;
}

void Run(int agents, int bans, int standing) {
  spdlog::set_level(spdlog::level::err);
  const ServerProcess bare_server(ServeBare);
  const CoordinatorProcess coordinator(standing);

  const auto bare_channel = Connect(bare_server.endpoint());
  Tally ignored;
  std::deque<Agent> triggers;
  const Outcome bare = Measure(bare_server, agents, bans, [&](int) {
    triggers.emplace_back(bare_channel, kTrigger, ignored, ignored);
  });

  const auto admin =
      v1::AdminService::NewStub(Connect(coordinator.admin_endpoint()));
  const Outcome ours = Measure(coordinator.server(), agents, bans, [&](int i) {
    grpc::ClientContext context;
    v1::ImposeBanRequest request;
    request.set_jail("sendmail-auth");
    request.set_source(absl::StrCat("203.0.113.", i + 1));
    v1::ImposeBanResponse response;
    const grpc::Status status = admin->ImposeBan(&context, request, &response);
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.error_message().c_str());
    std::exit(1);
  });
  std::printf(
      "{\"agents\": %d, \"bare_ms\": %.2f, \"ms\": %.2f, \"ratio\": %.3f, "
      "\"bare_bytes_per_agent\": %zu, \"bytes_per_agent\": %zu, "
      "\"standing\": %d, \"snapshot_ms\": %.0f, \"peak_bytes\": %zu}\n",
      agents, bare.median_ms, ours.median_ms, ours.median_ms / bare.median_ms,
      bare.bytes_per_agent, ours.bytes_per_agent, standing, ours.snapshot_ms,
      PeakBytesOf(coordinator.server().pid()));
  std::fflush(stdout);
}

}  // namespace
}  // namespace mxban

int main(int argc, char** argv) {
  int agents = 0, bans = 0, standing = 0;
  if (argc != 4 || !absl::SimpleAtoi(argv[1], &agents) || agents < 1 ||
      !absl::SimpleAtoi(argv[2], &bans) || bans < 1 || bans > 200 ||
      !absl::SimpleAtoi(argv[3], &standing) || standing < 0) {
    std::fprintf(stderr, "usage: fan_out_bench AGENTS BANS STANDING\n");
    return 2;
  }
  // As in the daemons.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  mxban::Run(agents, bans, standing);
  _exit(0);
}
