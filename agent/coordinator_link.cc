#include "agent/coordinator_link.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "agent/hand_over_call.h"
#include "agent/report_stream.h"
#include "agent/watch_stream.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "grpcpp/create_channel.h"
#include "mxban/v1/agent_service.grpc.pb.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// A coordinator that vanished without a word is noticed within fifteen seconds.
constexpr int kKeepaliveMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5'000;

// As coordinator/peer_identity.h reads it.
constexpr char kServerNameKey[] = "mxban-server-name";

std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& coordinator,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // gRPC remembers failed connections across channels; the pauses are ours.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The coordinator is reached directly, whatever http_proxy says.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(coordinator, credentials, arguments);
}

}  // namespace

// Both streams of one connection.
class CoordinatorLink::Session {
 public:
  Session(CoordinatorLink& link, const std::shared_ptr<grpc::Channel>& channel)
      : link_(link), stub_(v1::AgentService::NewStub(channel)) {}

  // Begins both calls. The link tells this session of failures and reports
  // from before their first callback.
  void Open() {
    AgentCore& core = link_.core_;
    Prepare(report_context_);
    Prepare(watch_context_);
    core.outbox().Rewind();
    hand_over_.emplace(
        *stub_->async(), core.local_bans(),
        [this](grpc::ClientContext& context) { Prepare(context); });
    watch_.emplace(*stub_->async(), watch_context_, core.Subscription(),
                   WatchStream::Callbacks{
                       [this](const v1::WatchResponse& update) {
                         return OnUpdate(update);
                       },
                       [this](const grpc::Status& status) { Done(status); }});
    report_.emplace(*stub_->async(), report_context_, core.outbox(),
                    core.fleet_clock(),
                    [this](const grpc::Status& status) { Done(status); });
    report_->Pump();
  }

  void OnFailure() { report_->Pump(); }
  void OnReport(const Enforcer::Report& report) { watch_->Acknowledge(report); }
  void HandOver() {
    if (is_connected_) hand_over_->Pump();
  }

  // Waits until a stream ends, or the link stops; then ends both.
  absl::Status Run() {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Session::MustEnd));
    }
    report_context_.TryCancel();
    watch_context_.TryCancel();
    report_->Close();
    watch_->Close();
    hand_over_->Close();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Session::HasEnded));
    return status_;
  }

  // `reason` is what Run() returns, if it is not OK.
  void End(const absl::Status& reason = absl::OkStatus()) {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    status_.Update(reason);
  }

 private:
  bool MustEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ending_ || streams_done_ > 0;
  }
  bool HasEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return streams_done_ == 2;
  }

  void Done(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    // The first one tells why; the other was cancelled by us.
    if (streams_done_++ == 0) status_.Update(FromGrpcStatus(status));
  }

  void Prepare(grpc::ClientContext& context) const {
    context.AddMetadata(kServerNameKey, link_.options_.server_name);
  }

  absl::Status OnUpdate(const v1::WatchResponse& update) {
    RETURN_IF_ERROR(link_.core_.OnUpdate(update));
    if (update.has_jails() && !is_connected_.exchange(true)) NoteConnected();
    return absl::OkStatus();
  }

  void NoteConnected() {
    {
      absl::MutexLock lock(&link_.mutex_);
      Statistics& statistics = link_.statistics_;
      statistics.connected = true;
      ++statistics.connections;
      statistics.error.clear();
      spdlog::info("connected to coordinator {}", statistics.coordinator);
    }
    link_.core_.SetAlone(false);
    hand_over_->Pump();
  }

  CoordinatorLink& link_;
  std::unique_ptr<v1::AgentService::Stub> stub_;
  grpc::ClientContext report_context_;
  grpc::ClientContext watch_context_;
  std::optional<WatchStream> watch_;
  std::optional<ReportStream> report_;
  std::optional<HandOverCall> hand_over_;
  std::atomic<bool> is_connected_ = false;  // Its jails are here.

  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  int streams_done_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

CoordinatorLink::CoordinatorLink(AgentCore& core, Options options)
    : core_(core), options_(std::move(options)) {
  core_.enforcer().SetReportCallback(
      [this](const Enforcer::Report& report) { OnReport(report); });
}

CoordinatorLink::~CoordinatorLink() {
  core_.enforcer().SetReportCallback(nullptr);
  Stop();
}

void CoordinatorLink::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void CoordinatorLink::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (session_ != nullptr) session_->End();
  }
  if (thread_.joinable()) thread_.join();
}

void CoordinatorLink::OnFailure() {
  absl::MutexLock lock(&mutex_);
  if (session_ != nullptr) session_->OnFailure();
}

void CoordinatorLink::CheckCoordinator() {
  const absl::Status status = options_.tls->CheckServer();
  if (status.ok()) return;
  absl::MutexLock lock(&mutex_);
  if (session_ != nullptr) session_->End(status);
}

void CoordinatorLink::HandOver() {
  absl::MutexLock lock(&mutex_);
  if (session_ != nullptr) session_->HandOver();
}

void CoordinatorLink::OnReport(const Enforcer::Report& report) {
  absl::MutexLock lock(&mutex_);
  if (session_ != nullptr) session_->OnReport(report);
}

CoordinatorLink::Statistics CoordinatorLink::statistics() const {
  absl::MutexLock lock(&mutex_);
  return statistics_;
}

void CoordinatorLink::Loop() {
  absl::BitGen random;
  absl::Duration pause = options_.shortest_pause;
  for (size_t attempt = 0;; ++attempt) {
    const size_t coordinator = attempt % options_.coordinators.size();
    const auto begin = std::chrono::steady_clock::now();
    const absl::Status status = RunSession(coordinator);
    const absl::Duration lasted =
        absl::FromChrono(std::chrono::steady_clock::now() - begin);
    core_.SetAlone(true);
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    const bool was_connected = std::exchange(statistics_.connected, false);
    // A coordinator that lets us in only to refuse is no better than none.
    if (lasted > options_.longest_pause) pause = options_.shortest_pause;
    if (was_connected || statistics_.error != status.message()) {
      spdlog::warn("no connection to coordinator {}: {}; trying again",
                   options_.coordinators[coordinator],
                   std::string(status.message()));
    }
    statistics_.error = std::string(status.message());
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_),
                            pause * absl::Uniform(random, 0.5, 1.0));
    if (stopping_) return;
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

absl::Status CoordinatorLink::RunSession(size_t coordinator) {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return absl::OkStatus();
    statistics_.coordinator = options_.coordinators[coordinator];
  }
  const std::string& address = options_.coordinators[coordinator];
  ASSIGN_OR_RETURN(const auto credentials, options_.tls->Credentials(address));
  Session session(*this, NewChannel(address, credentials));
  {
    absl::MutexLock lock(&mutex_);
    session_ = &session;
    session.Open();
    if (stopping_) session.End();
  }
  const absl::Status status = session.Run();
  absl::MutexLock lock(&mutex_);
  session_ = nullptr;
  return status;
}

}  // namespace mxban
