#include "coordinator/rail_convert.h"

#include <string>

#include "common/proto_convert.h"
#include "common/status_macros.h"

namespace mxban {

v1::HeldBan HeldBanToProto(const HeldBan& held) {
  v1::HeldBan message;
  *message.mutable_ban() = BanToProto(held.ban);
  message.set_hold_reason(held.hold_reason);
  return message;
}

absl::StatusOr<HeldBan> HeldBanFromProto(const v1::HeldBan& message) {
  HeldBan held;
  ASSIGN_OR_RETURN(held.ban, BanFromProto(message.ban()));
  held.hold_reason = message.hold_reason();
  return held;
}

v1::AllowedSource AllowedSourceToProto(const AllowedSource& allowed) {
  v1::AllowedSource message;
  message.set_source(allowed.source);
  message.set_reason(allowed.reason);
  message.set_who(allowed.who);
  *message.mutable_create_time() = TimestampToProto(allowed.create_time);
  if (allowed.expire_time != absl::InfiniteFuture()) {
    *message.mutable_expire_time() = TimestampToProto(allowed.expire_time);
  }
  for (const IpNetwork& network : allowed.networks) {
    message.add_networks(network.ToString());
  }
  return message;
}

absl::StatusOr<AllowedSource> AllowedSourceFromProto(
    const v1::AllowedSource& message) {
  if (message.source().empty()) {
    return absl::InvalidArgumentError("source: empty");
  }
  AllowedSource allowed;
  allowed.source = message.source();
  allowed.reason = message.reason();
  allowed.who = message.who();
  ASSIGN_OR_RETURN(allowed.create_time,
                   TimestampFromProto(message.create_time()));
  if (message.has_expire_time()) {
    ASSIGN_OR_RETURN(allowed.expire_time,
                     TimestampFromProto(message.expire_time()));
  }
  for (const std::string& text : message.networks()) {
    ASSIGN_OR_RETURN(const IpNetwork network, IpNetwork::Parse(text));
    allowed.networks.push_back(network);
  }
  return allowed;
}

v1::Pause PauseToProto(const Pause& pause) {
  v1::Pause message;
  message.set_who(pause.who);
  message.set_reason(pause.reason);
  *message.mutable_start_time() = TimestampToProto(pause.start_time);
  return message;
}

absl::StatusOr<Pause> PauseFromProto(const v1::Pause& message) {
  Pause pause;
  pause.who = message.who();
  pause.reason = message.reason();
  ASSIGN_OR_RETURN(pause.start_time, TimestampFromProto(message.start_time()));
  return pause;
}

}  // namespace mxban
