#include "agent/coordinator_link.h"

#include <atomic>
#include <optional>
#include <utility>

#include "agent/backoff.h"
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
      : link_(link),
        stub_(v1::AgentService::NewStub(channel)),
        report_backoff_(link.options_.shortest_pause,
                        link.options_.longest_pause) {}

  // Begins both calls. The link tells this session of failures and reports
  // from before their first callback.
  void Open() {
    AgentCore& core = link_.core_;
    Prepare(watch_context_);
    hand_over_.emplace(
        *stub_, link_.calls_, core.local_bans(),
        [this](grpc::ClientContext& context) { Prepare(context); });
    watch_.emplace(
        *stub_, link_.calls_, watch_context_, core.Subscription(),
        WatchStream::Callbacks{
            [this](const v1::WatchResponse& update) {
              return OnUpdate(update);
            },
            [this](const grpc::Status& status) { Done(status, watch_done_); }});
    OpenReports();
  }

  void OnFailure() { report_->Pump(); }
  void OnReport(const Enforcer::Report& report) { watch_->Acknowledge(report); }
  void HandOver() {
    if (is_connected_) hand_over_->Pump();
  }

  // Waits until a stream ends, or the link stops; then ends both.
  absl::Status Run() {
    while (PauseReports()) {
      absl::MutexLock lock(&link_.mutex_);
      OpenReports();
    }
    report_context_->TryCancel();
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
    if (!MustEnd() && !reason.ok()) status_ = reason;
    ending_ = true;
  }

 private:
  bool MustEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ending_ || watch_done_ || (report_done_ && !had_enough_);
  }
  bool MustActSoon() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return MustEnd() || report_done_;
  }
  bool HasEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return watch_done_ && report_done_;
  }

  // One of the streams has ended.
  void Done(const grpc::Status& status, bool& is_done) {
    absl::MutexLock lock(&mutex_);
    // The first one tells why; the other was cancelled by us.
    if (!MustEnd()) status_ = FromGrpcStatus(status);
    is_done = true;
  }

  void ReportsDone(const grpc::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      had_enough_ = status.error_code() == grpc::RESOURCE_EXHAUSTED;
    }
    Done(status, report_done_);
  }

  // Begins to report all that is not acknowledged.
  void OpenReports() {
    report_backoff_.Begin();
    link_.core_.outbox().Rewind();
    report_.reset();
    report_context_.emplace();
    Prepare(*report_context_);
    report_.emplace(
        *stub_, link_.calls_, *report_context_, link_.core_.outbox(),
        link_.core_.fleet_clock(),
        [this](const grpc::Status& status) { ReportsDone(status); });
    report_->Pump();
  }

  // Waits until the coordinator has had enough of our failures, and then for a
  // while. Returns false as soon as the session must end instead.
  bool PauseReports() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Session::MustActSoon));
    if (MustEnd()) return false;
    if (!std::exchange(has_told_, true)) {
      spdlog::warn("the coordinator takes no failures for now: {}",
                   std::string(status_.message()));
    }
    mutex_.AwaitWithTimeout(absl::Condition(this, &Session::MustEnd),
                            report_backoff_.End());
    if (MustEnd()) return false;
    report_done_ = false;
    return true;
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
  Backoff report_backoff_;  // Only the link's thread touches it.
  std::optional<grpc::ClientContext> report_context_;
  grpc::ClientContext watch_context_;
  std::optional<WatchStream> watch_;
  std::optional<ReportStream> report_;
  std::optional<HandOverCall> hand_over_;
  std::atomic<bool> is_connected_ = false;  // Its jails are here.

  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool watch_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool report_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool had_enough_ ABSL_GUARDED_BY(mutex_) = false;  // So reports are done.
  bool has_told_ ABSL_GUARDED_BY(mutex_) = false;    // Of that, to the log.
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
  core_.OnEnforced(report.revision);
  absl::MutexLock lock(&mutex_);
  if (session_ != nullptr) session_->OnReport(report);
}

CoordinatorLink::Statistics CoordinatorLink::statistics() const {
  absl::MutexLock lock(&mutex_);
  return statistics_;
}

void CoordinatorLink::Loop() {
  Backoff backoff(options_.shortest_pause, options_.longest_pause);
  for (size_t attempt = 0;; ++attempt) {
    const size_t coordinator = attempt % options_.coordinators.size();
    backoff.Begin();
    const absl::Status status = RunSession(coordinator);
    const absl::Duration pause = backoff.End();
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    core_.SetAlone(true);
    absl::MutexLock lock(&mutex_);
    const bool was_connected = std::exchange(statistics_.connected, false);
    if (was_connected || statistics_.error != status.message()) {
      spdlog::warn("no connection to coordinator {}: {}; trying again",
                   options_.coordinators[coordinator],
                   std::string(status.message()));
    }
    statistics_.error = std::string(status.message());
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause);
    if (stopping_) return;
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
