#ifndef MXBAN_CTL_TOP_VIEW_H_
#define MXBAN_CTL_TOP_VIEW_H_

// Shows people who fails most lately.

#include <ostream>

#include "absl/time/time.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// Below one line that sums up, the sources and the servers, worst first.
void PrintTop(const v1::SummarizeFailuresResponse& summary, absl::Time now,
              std::ostream& out);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_TOP_VIEW_H_
