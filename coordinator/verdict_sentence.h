#ifndef MXBAN_COORDINATOR_VERDICT_SENTENCE_H_
#define MXBAN_COORDINATOR_VERDICT_SENTENCE_H_

// Says a verdict in one sentence that needs no thinking:
//
//   203.0.113.7 is not banned: in jail sendmail-auth 3 of 5 failures within
//   10m, on mx1 and mx3
//
// (in one line).

#include <string>

#include "absl/time/time.h"
#include "common/ip_network.h"
#include "coordinator/source_explanation.h"

namespace mxban {

std::string VerdictSentence(const IpNetwork& source, const JailVerdict& verdict,
                            absl::Time now);

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_VERDICT_SENTENCE_H_
