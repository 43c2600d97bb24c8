#ifndef MXBAN_CTL_TOP_H_
#define MXBAN_CTL_TOP_H_

// Who fails most lately.

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ctl/session.h"
#include "mxban/v1/admin_service.pb.h"

namespace mxban::ctl {

// Prints the sources and the servers with most failures; for programs a
// SummarizeFailuresResponse, or in CSV a FailingSource for each source. On a
// terminal it fills the screen, and does so anew as often as `wait`, called in
// between, returns true. Returns when `out` fails, too.
absl::Status ShowTop(const Session& session,
                     const v1::SummarizeFailuresRequest& request,
                     absl::FunctionRef<bool()> wait);

}  // namespace mxban::ctl

#endif  // MXBAN_CTL_TOP_H_
