#ifndef MXBAN_COORDINATOR_AGENT_SERVICE_H_
#define MXBAN_COORDINATOR_AGENT_SERVICE_H_

// The gRPC edge towards agents: failures in, updates out.
//
// All calls use gRPC's callback API, so threads do not grow with agents. Of
// one report stream one batch is in work at a time, which bounds what an agent
// can queue here. Watch works on encoded messages: each update is encoded once
// for all streams. A stream whose reader takes nothing while there is news is
// cut off after 30 seconds, one whose certificate has become bad within
// OpenCalls::kInterval.
//
// Thread-safe.

#include "common/clock.h"
#include "coordinator/agent_registry.h"
#include "coordinator/ban_feed.h"
#include "coordinator/decision_loop.h"
#include "coordinator/identities.h"
#include "coordinator/open_calls.h"
#include "grpcpp/support/byte_buffer.h"
#include "mxban/v1/agent_service.grpc.pb.h"

namespace mxban {

class AgentService final
    : public v1::AgentService::WithRawCallbackMethod_Watch<
          v1::AgentService::WithCallbackMethod_ReportFailures<
              v1::AgentService::WithCallbackMethod_HandOverBans<
                  v1::AgentService::Service>>> {
 public:
  // All must outlive the service.
  AgentService(DecisionLoop& loop, BanFeed& feed, AgentRegistry& registry,
               const Clock& clock, const Identities& identities,
               OpenCalls& open_calls)
      : loop_(loop),
        feed_(feed),
        registry_(registry),
        clock_(clock),
        identities_(identities),
        open_calls_(open_calls) {}

  grpc::ServerBidiReactor<v1::ReportFailuresRequest,
                          v1::ReportFailuresResponse>*
  ReportFailures(grpc::CallbackServerContext* context) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* HandOverBans(
      grpc::CallbackServerContext* context,
      const v1::HandOverBansRequest* request,
      v1::HandOverBansResponse* response) override;

 private:
  // Cancels a stream whose agent would not be let in any more.
  OpenCalls::Ticket Follow(grpc::CallbackServerContext& context);

  DecisionLoop& loop_;
  BanFeed& feed_;
  AgentRegistry& registry_;
  const Clock& clock_;
  const Identities& identities_;
  OpenCalls& open_calls_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AGENT_SERVICE_H_
