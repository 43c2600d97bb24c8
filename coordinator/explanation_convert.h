#ifndef MXBAN_COORDINATOR_EXPLANATION_CONVERT_H_
#define MXBAN_COORDINATOR_EXPLANATION_CONVERT_H_

// What is known of a source, as operators get it.

#include "coordinator/agent_registry.h"
#include "coordinator/source_explanation.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban {

// `registry` says who enforces the bans.
v1::ExplainSourceResponse ExplanationToProto(
    const SourceExplanation& explanation, const AgentRegistry& registry);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_EXPLANATION_CONVERT_H_
