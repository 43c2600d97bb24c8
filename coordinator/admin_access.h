#ifndef MXBAN_COORDINATOR_ADMIN_ACCESS_H_
#define MXBAN_COORDINATOR_ADMIN_ACCESS_H_

// Who may call what of AdminService.
//
// One table says the least role for each method; what is not in it is denied
// to all. Every method asks before it does anything else, and streams are asked
// for again while they last.
//
// Thread-safe.

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "coordinator/agent_quota.h"
#include "coordinator/caller.h"
#include "coordinator/identities.h"
#include "coordinator/open_calls.h"
#include "grpcpp/server_context.h"

namespace mxban {

class AdminAccess {
 public:
  // All must outlive the object and the streams.
  AdminAccess(const Identities& identities, OpenCalls& open_calls,
              const Clock& clock)
      : identities_(identities), open_calls_(open_calls), clock_(clock) {}

  // The least role that may call `method`, such as "ImposeBan"; none if nobody
  // may.
  static std::optional<Role> LeastRole(absl::string_view method);

  // Returns who calls; a refusal is logged, unless enough was said of late.
  //   UNAUTHENTICATED    the coordinator does not know who that is.
  //   PERMISSION_DENIED  the caller may not call `method`.
  absl::StatusOr<Caller> Check(const grpc::CallbackServerContext& context,
                               absl::string_view method) const;

  // Cancels the stream that `context` is of once Check() would refuse it. The
  // ticket is held until the stream's OnDone().
  OpenCalls::Ticket Follow(grpc::CallbackServerContext& context,
                           const char* method) const;

 private:
  absl::StatusOr<Caller> Decide(const grpc::CallbackServerContext& context,
                                absl::string_view method) const;

  const Identities& identities_;
  OpenCalls& open_calls_;
  const Clock& clock_;
  mutable AgentQuota log_quota_{0.2};  // Lines a second, for each method.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_ADMIN_ACCESS_H_
