#ifndef MXBAN_COORDINATOR_AGENT_SERVICE_H_
#define MXBAN_COORDINATOR_AGENT_SERVICE_H_

// The gRPC edge towards agents: failures in, updates out.
//
// All calls use gRPC's callback API, so threads do not grow with agents. Of
// one report stream one batch is in work at a time, which bounds what an agent
// can queue here, and a call needs no new memory for the next; a server has few
// calls open at once, and a quota for what it reports. Beyond either it is told
// RESOURCE_EXHAUSTED, and nothing of that batch is decided. Watch works on
// encoded messages: each update is encoded once for all streams. A stream whose
// reader takes nothing while there is news is cut off after 30 seconds, one
// whose certificate has become bad within OpenCalls::kInterval.
//
// Thread-safe.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "coordinator/agent_quota.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_feed.h"
#include "coordinator/call_limits.h"
#include "coordinator/decision_loop.h"
#include "coordinator/identities.h"
#include "coordinator/open_calls.h"
#include "grpcpp/support/byte_buffer.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {

class AgentService final
    : public v1::AgentService::WithRawCallbackMethod_Watch<
          v1::AgentService::WithRawCallbackMethod_ReportFailures<
              v1::AgentService::WithCallbackMethod_HandOverBans<
                  v1::AgentService::Service>>> {
 public:
  // All must outlive the service.
  AgentService(DecisionLoop& loop, BanFeed& feed, AgentRegistry& registry,
               AgentQuota& quota, const Clock& clock,
               const Identities& identities, OpenCalls& open_calls)
      : loop_(loop),
        feed_(feed),
        registry_(registry),
        quota_(quota),
        clock_(clock),
        identities_(identities),
        open_calls_(open_calls) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ReportFailures(
      grpc::CallbackServerContext* context) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* HandOverBans(
      grpc::CallbackServerContext* context,
      const v1::HandOverBansRequest* request,
      v1::HandOverBansResponse* response) override;

 private:
  // Cancels a stream whose agent would not be let in any more.
  OpenCalls::Ticket Follow(grpc::CallbackServerContext& context);

  class ReportCall;
  class WatchCall;

  // The name of the server that opens a call, and that call.
  struct Admitted {
    std::string server;
    std::shared_ptr<CallLimits::Call> call;
  };
  absl::StatusOr<Admitted> Admit(const grpc::CallbackServerContext& context,
                                 CallLimits::Kind kind);

  // What `admitted` hands over, if it may.
  absl::StatusOr<std::vector<Ban>> BansOf(
      const absl::StatusOr<Admitted>& admitted,
      const v1::HandOverBansRequest& request);

  // RESOURCE_EXHAUSTED if `server` may not report `count` failures now.
  absl::Status TakeQuota(const std::string& server, size_t count);

  // Whether a line about `server` may be logged, or enough was said of it:
  // nobody fills a disk with what he did wrong, or with coming and going. Those
  // without a name, which is empty then, share what may be said.
  bool MayLog(const std::string& server);

  // Logs what became of the bans of `server`, and that something of it was
  // refused, if that may be.
  void LogHandOver(const std::string& server,
                   const v1::HandOverBansRequest& request,
                   const v1::HandOverBansResponse& response);
  void LogRefusal(const std::string& server, const absl::Status& status);

  DecisionLoop& loop_;
  BanFeed& feed_;
  AgentRegistry& registry_;
  AgentQuota& quota_;
  const Clock& clock_;
  const Identities& identities_;
  OpenCalls& open_calls_;
  CallLimits call_limits_;
  AgentQuota log_quota_{0.2};  // Lines a second.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AGENT_SERVICE_H_
