#ifndef MXBAN_CTL_EXPLAIN_VIEW_H_
#define MXBAN_CTL_EXPLAIN_VIEW_H_

// Tells people what is known of a source: the verdict in one sentence, which is
// one line however long it is, and then the details of each jail.

#include <ostream>

#include "absl/time/time.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// Times of day are told in `zone`.
void PrintExplanation(const v1::ExplainSourceResponse& explanation,
                      absl::Time now, absl::TimeZone zone, std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_EXPLAIN_VIEW_H_
