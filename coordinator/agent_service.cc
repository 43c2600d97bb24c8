#include "coordinator/agent_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc_status.h"
#include "common/printable_text.h"
#include "common/proto_convert.h"
#include "common/status_macros.h"
#include "coordinator/failure_report.h"
#include "coordinator/slow_reader.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

// The longest name of a backend.
constexpr size_t kMaxFirewall = 50;

// A call that is over before it began.
class RefusedCall final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedCall(const absl::Status& status) {
    Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

// One ReportFailures stream. Exactly one operation is under way at any time:
// reading a batch, deciding it, or writing the answer. So there is no lock.
class AgentService::ReportCall final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  ReportCall(AgentService& service, Admitted admitted,
             grpc::CallbackServerContext& context)
      : service_(service),
        call_(std::move(admitted.call)),
        open_call_(service.Follow(context)),
        report_(std::make_shared<FailureReport>(std::move(admitted.server))) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    Receive();
    const absl::Status quota =
        service_.TakeQuota(report_->server(), report_->CountTold());
    if (!quota.ok()) return Finish(ToGrpcStatus(quota));
    const absl::Status status = report_->Parse();
    if (!status.ok()) {
      service_.LogRefusal(report_->server(), status);
      return Finish(ToGrpcStatus(status));
    }
    service_.loop_.ReportFailures(
        report_, [this](absl::StatusOr<uint64_t> offset) { Answer(offset); });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&request_);
  }

  void OnDone() override { delete this; }

 private:
  void Receive() {
    std::vector<grpc::Slice> slices;
    (void)request_.Dump(&slices);  // Of bytes in memory: does not fail.
    for (const grpc::Slice& slice : slices) {
      report_->Append(
          {reinterpret_cast<const char*>(slice.begin()), slice.size()});
    }
    request_.Clear();
  }

  void Answer(const absl::StatusOr<uint64_t>& offset) {
    if (!offset.ok()) return Finish(ToGrpcStatus(offset.status()));
    v1::ReportFailuresResponse response;
    response.set_jail(report_->jail());
    response.set_log_id(report_->log_id());
    response.set_acknowledged_offset(*offset);
    response_.Clear();
    bool is_own_buffer;
    (void)grpc::SerializationTraits<v1::ReportFailuresResponse>::Serialize(
        response, &response_, &is_own_buffer);
    report_->Clear();
    StartWrite(&response_);
  }

  AgentService& service_;
  const std::shared_ptr<CallLimits::Call> call_;
  const OpenCalls::Ticket open_call_;
  const std::shared_ptr<FailureReport> report_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

// One Watch stream: reads acknowledgements, and beside that writes what is new
// in the feed, one message at a time.
class AgentService::WatchCall final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public BanFeed::Reader {
 public:
  WatchCall(AgentService& service, Admitted admitted,
            grpc::CallbackServerContext& context)
      : service_(service),
        feed_(service.feed_),
        registry_(service.registry_),
        clock_(service.clock_),
        server_(admitted.server),
        call_(std::move(admitted.call)),
        peer_(context.peer()),
        open_call_(service.Follow(context)),
        slow_reader_(context) {
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return FinishOnce(grpc::Status::OK);
    v1::WatchRequest request;
    if (!grpc::SerializationTraits<v1::WatchRequest>::Deserialize(&incoming_,
                                                                  &request)
             .ok()) {
      return FinishOnce({grpc::INVALID_ARGUMENT, "not a WatchRequest"});
    }
    const bool is_subscription = request.has_subscription();
    if (is_subscription == ticket_.has_value()) {
      return FinishOnce({grpc::INVALID_ARGUMENT,
                         "a stream begins with its one subscription"});
    }
    if (is_subscription) {
      Subscribe(request.subscription());
    } else {
      registry_.Acknowledge(
          server_, *ticket_,
          {request.acknowledgement().enforced_revision(),
           EnforcementStatusFromProto(request.acknowledgement()),
           PrintableText(request.acknowledgement().firewall(), kMaxFirewall)},
          clock_.TimeNow());
    }
    absl::MutexLock lock(&mutex_);
    if (!finished_) StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return FinishOnce(grpc::Status::OK);
    {
      absl::MutexLock lock(&mutex_);
      pumping_ = false;
      slow_reader_.WriteEnds();
    }
    Pump();
  }

  void OnNews() override { Pump(); }
  void OnCancel() override { FinishOnce(grpc::Status::CANCELLED); }

  void OnDone() override {
    if (ticket_.has_value()) {
      feed_.RemoveReader(this);
      registry_.Disconnect(server_, *ticket_, clock_.TimeNow());
      if (service_.MayLog(server_)) spdlog::info("agent {} has left", server_);
    }
    delete this;
  }

 private:
  void Subscribe(const v1::Subscription& subscription) {
    AgentInfo agent;
    agent.server_name = server_;
    agent.peer = peer_;
    agent.version = PrintableText(subscription.agent_version(), 50);
    agent.firewall = PrintableText(subscription.firewall(), kMaxFirewall);
    ticket_ = registry_.Connect(agent, clock_.TimeNow());
    if (service_.MayLog(server_)) {
      spdlog::info("agent {} at {} is here, version {}, firewall {}", server_,
                   agent.peer, agent.version, agent.firewall);
    }
    cursor_ = feed_.Subscribe(subscription.history_id(),
                              subscription.known_revision(), clock_.TimeNow());
    feed_.AddReader(this);
    Pump();
  }

  // Writes the next message, if there is one and none is being written. Takes
  // it from the feed without a lock, for that may mean encoding a snapshot.
  void Pump() {
    {
      absl::MutexLock lock(&mutex_);
      news_ = true;
      if (finished_) return;
      if (pumping_) {
        if (slow_reader_.CutOffIfStuck(clock_.TimeNow()) &&
            service_.MayLog(server_)) {
          spdlog::warn("agent {} takes no messages and is cut off", server_);
        }
        return;
      }
      pumping_ = true;
    }
    while (true) {
      {
        absl::MutexLock lock(&mutex_);
        news_ = false;
      }
      std::optional<grpc::ByteBuffer> next = feed_.Next(cursor_);
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      if (next.has_value()) {
        outgoing_ = *std::move(next);
        slow_reader_.WriteBegins(clock_.TimeNow());
        return StartWrite(&outgoing_);
      }
      if (!news_) {
        pumping_ = false;
        return;
      }
    }
  }

  void FinishOnce(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  AgentService& service_;
  BanFeed& feed_;
  AgentRegistry& registry_;
  const Clock& clock_;
  const std::string server_;
  const std::shared_ptr<CallLimits::Call> call_;
  const std::string peer_;
  const OpenCalls::Ticket open_call_;

  grpc::ByteBuffer incoming_;
  std::optional<uint64_t> ticket_;  // Once subscribed; only reads touch it.

  absl::Mutex mutex_;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;  // Someone owns the two below.
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  SlowReader slow_reader_ ABSL_GUARDED_BY(mutex_);
  BanFeed::Cursor cursor_;
  grpc::ByteBuffer outgoing_;
};

OpenCalls::Ticket AgentService::Follow(grpc::CallbackServerContext& context) {
  return open_calls_.Add(context, [this, &context] {
    return identities_.AgentOf(context).status();
  });
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
AgentService::ReportFailures(grpc::CallbackServerContext* context) {
  absl::StatusOr<Admitted> admitted =
      Admit(*context, CallLimits::Kind::kReportFailures);
  if (!admitted.ok()) return new RefusedCall(admitted.status());
  return new ReportCall(*this, *std::move(admitted), *context);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
AgentService::Watch(grpc::CallbackServerContext* context) {
  absl::StatusOr<Admitted> admitted = Admit(*context, CallLimits::Kind::kWatch);
  if (!admitted.ok()) return new RefusedCall(admitted.status());
  return new WatchCall(*this, *std::move(admitted), *context);
}

grpc::ServerUnaryReactor* AgentService::HandOverBans(
    grpc::CallbackServerContext* context,
    const v1::HandOverBansRequest* request,
    v1::HandOverBansResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<Admitted> admitted =
      Admit(*context, CallLimits::Kind::kHandOverBans);
  absl::StatusOr<std::vector<Ban>> bans = BansOf(admitted, *request);
  if (!bans.ok()) {
    reactor->Finish(ToGrpcStatus(bans.status()));
    return reactor;
  }
  response->set_history_id(feed_.history_id());
  const std::string& server = admitted->server;
  loop_.HandOverBans(server, *std::move(bans),
                     [this, reactor, request, response, server,
                      call = std::move(admitted->call)](
                         const absl::StatusOr<DecisionLoop::HandedOver>& done) {
                       if (done.ok()) {
                         response->set_revision(done->revision);
                         for (const BanKey& key : done->refused) {
                           *response->add_refused() = LiftedBanToProto(key);
                         }
                         LogHandOver(server, *request, *response);
                       }
                       // Whoever has the answer may call again.
                       call->End();
                       reactor->Finish(ToGrpcStatus(done.status()));
                     });
  return reactor;
}

absl::StatusOr<std::vector<Ban>> AgentService::BansOf(
    const absl::StatusOr<Admitted>& admitted,
    const v1::HandOverBansRequest& request) {
  RETURN_IF_ERROR(admitted.status());
  RETURN_IF_ERROR(TakeQuota(admitted->server, request.bans_size()));
  absl::StatusOr<std::vector<Ban>> bans = HandedOverBansFromProto(request);
  if (!bans.ok()) LogRefusal(admitted->server, bans.status());
  return bans;
}

absl::StatusOr<AgentService::Admitted> AgentService::Admit(
    const grpc::CallbackServerContext& context, CallLimits::Kind kind) {
  absl::StatusOr<std::string> server = identities_.AgentOf(context);
  if (!server.ok()) {
    LogRefusal("", absl::Status(server.status().code(),
                                absl::StrCat(context.peer(), ": ",
                                             server.status().message())));
    return server.status();
  }
  auto call = call_limits_.Begin(*server, kind);
  if (!call.ok()) {
    LogRefusal(*server, call.status());
    return call.status();
  }
  return Admitted{*std::move(server), *std::move(call)};
}

absl::Status AgentService::TakeQuota(const std::string& server, size_t count) {
  const AgentQuota::Verdict verdict =
      quota_.Take(server, std::max<size_t>(count, 1), clock_.TimeNow());
  if (verdict == AgentQuota::Verdict::kGranted) return absl::OkStatus();
  if (verdict == AgentQuota::Verdict::kExceeded) {
    spdlog::warn("{} reports more than {} failures a second (--agent_quota)",
                 server, quota_.rate());
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      "more than ", quota_.rate(), " failures a second (--agent_quota)"));
}

bool AgentService::MayLog(const std::string& server) {
  return log_quota_.Take(server, 1, clock_.TimeNow()) ==
         AgentQuota::Verdict::kGranted;
}

void AgentService::LogHandOver(const std::string& server,
                               const v1::HandOverBansRequest& request,
                               const v1::HandOverBansResponse& response) {
  if (!MayLog(server)) return;
  spdlog::info("{} hands over what it banned alone: {}, of which {} refused",
               server, request.bans_size(), response.refused_size());
}

void AgentService::LogRefusal(const std::string& server,
                              const absl::Status& status) {
  if (!MayLog(server)) return;
  spdlog::warn("{} refused: {}", server.empty() ? "an agent" : server,
               std::string(status.message()));
}

}  // namespace mxban
