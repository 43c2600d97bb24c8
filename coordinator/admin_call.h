#ifndef MXBAN_COORDINATOR_ADMIN_CALL_H_
#define MXBAN_COORDINATOR_ADMIN_CALL_H_

// What the calls of AdminService share: who may make them, answers and pages.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "common/time_convert.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"

namespace mxban {

// Longer words of an operator are cut.
inline constexpr size_t kLongestReason = 200;

// Answers at once.
inline grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context,
                                       const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// The `duration` of a request.
inline absl::StatusOr<absl::Duration> LengthOf(
    const google::protobuf::Duration& duration) {
  ASSIGN_OR_RETURN(const absl::Duration length, DurationFromProto(duration));
  if (length > absl::ZeroDuration()) return length;
  return absl::InvalidArgumentError("duration: not positive");
}

inline size_t PageSize(int32_t wanted) {
  if (wanted <= 0) return 100;
  return std::min<size_t>(wanted, 1'000);
}

// A page token of bans is the key of the last one: `JAIL SOURCE`.
inline std::string TokenOf(const BanKey& key) {
  return absl::StrCat(key.jail, " ", key.source.ToString());
}

inline absl::StatusOr<std::optional<BanKey>> KeyOfToken(
    const std::string& token) {
  if (token.empty()) return std::nullopt;
  const size_t blank = token.rfind(' ');
  if (blank == std::string::npos) {
    return absl::InvalidArgumentError("page_token: not one of ours");
  }
  ASSIGN_OR_RETURN(const IpNetwork source,
                   IpNetwork::Parse(token.substr(blank + 1)));
  return BanKey{token.substr(0, blank), source};
}

}  // namespace mxban

// In AdminService: ends a unary call whose caller may not make it; else names
// the caller.
#define CALLER_OR_REPLY(caller, method)                                        \
  const absl::StatusOr<Caller> caller = parts_.access.Check(*context, method); \
  if (!caller.ok()) return Reply(context, caller.status())

#endif  // MXBAN_COORDINATOR_ADMIN_CALL_H_
