#include "common/proto_convert.h"

#include <algorithm>
#include <utility>

#include "common/ip_network.h"
#include "common/message_fields.h"
#include "common/printable_text.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::StatusOr<BanKey> KeyFromProto(const std::string& jail,
                                    const std::string& source) {
  if (jail.empty() || jail.size() > kMaxJailName) {
    return WrongField("jail", "empty or too long");
  }
  ASSIGN_OR_RETURN(const IpNetwork network, IpNetwork::Parse(source));
  return BanKey{jail, network};
}

template <typename Message>
absl::StatusOr<absl::Time> ExpireTimeFromProto(const Message& message) {
  if (!message.has_expire_time()) return absl::InfiniteFuture();
  return TimestampFromProto(message.expire_time());
}

template <typename Message>
void SetExpireTime(absl::Time time, Message& message) {
  if (time == absl::InfiniteFuture()) return;
  *message.mutable_expire_time() = TimestampToProto(time);
}

v1::BanOrigin OriginToProto(BanOrigin origin) {
  switch (origin) {
    case BanOrigin::kCounted:
      return v1::BAN_ORIGIN_COUNTED;
    case BanOrigin::kOperator:
      return v1::BAN_ORIGIN_OPERATOR;
    case BanOrigin::kLocal:
      return v1::BAN_ORIGIN_LOCAL;
  }
  return v1::BAN_ORIGIN_UNSPECIFIED;
}

BanOrigin OriginFromProto(v1::BanOrigin origin) {
  switch (origin) {
    case v1::BAN_ORIGIN_OPERATOR:
      return BanOrigin::kOperator;
    case v1::BAN_ORIGIN_LOCAL:
      return BanOrigin::kLocal;
    default:
      return BanOrigin::kCounted;
  }
}

}  // namespace

v1::Ban BanToProto(const Ban& ban) {
  v1::Ban message;
  message.set_jail(ban.key.jail);
  message.set_source(ban.key.source.ToString());
  *message.mutable_create_time() = TimestampToProto(ban.create_time);
  SetExpireTime(ban.expire_time, message);
  message.set_origin(OriginToProto(ban.origin));
  message.set_reason(ban.reason);
  message.set_failure_count(ban.failure_count);
  AddAll(ban.servers, message.mutable_servers());
  AddAll(ban.evidence, message.mutable_evidence());
  message.set_previous_ban_count(ban.previous_ban_count);
  message.set_revision(ban.revision);
  return message;
}

absl::StatusOr<Ban> BanFromProto(const v1::Ban& message) {
  Ban ban;
  ASSIGN_OR_RETURN(ban.key, KeyFromProto(message.jail(), message.source()));
  ASSIGN_OR_RETURN(ban.create_time, TimestampFromProto(message.create_time()));
  ASSIGN_OR_RETURN(ban.expire_time, ExpireTimeFromProto(message));
  ban.origin = OriginFromProto(message.origin());
  ban.reason = message.reason();
  ban.failure_count = message.failure_count();
  ban.servers = Strings(message.servers());
  ban.evidence = Strings(message.evidence());
  ban.previous_ban_count = message.previous_ban_count();
  ban.revision = message.revision();
  return ban;
}

absl::StatusOr<std::vector<Ban>> HandedOverBansFromProto(
    const v1::HandOverBansRequest& message) {
  if (message.bans_size() > kMaxBansPerHandOver) {
    return WrongField("bans", "too many for one request");
  }
  std::vector<Ban> bans;
  bans.reserve(message.bans_size());
  for (const v1::Ban& wire : message.bans()) {
    ASSIGN_OR_RETURN(Ban ban, BanFromProto(wire));
    ban.reason = PrintableText(ban.reason, kMaxEvidenceText);
    const size_t kept = std::min(ban.evidence.size(), kMaxEvidence);
    ban.evidence.erase(ban.evidence.begin(), ban.evidence.end() - kept);
    for (std::string& line : ban.evidence) {
      line = PrintableText(line, kMaxEvidenceText);
    }
    bans.push_back(std::move(ban));
  }
  return bans;
}

v1::StandingBan StandingBanToProto(const StandingBan& ban) {
  v1::StandingBan message;
  message.set_jail(ban.key.jail);
  message.set_source(ban.key.source.ToString());
  SetExpireTime(ban.expire_time, message);
  return message;
}

absl::StatusOr<StandingBan> StandingBanFromProto(
    const v1::StandingBan& message) {
  StandingBan ban;
  ASSIGN_OR_RETURN(ban.key, KeyFromProto(message.jail(), message.source()));
  ASSIGN_OR_RETURN(ban.expire_time, ExpireTimeFromProto(message));
  return ban;
}

v1::LiftedBan LiftedBanToProto(const BanKey& key) {
  v1::LiftedBan message;
  message.set_jail(key.jail);
  message.set_source(key.source.ToString());
  return message;
}

absl::StatusOr<BanKey> LiftedBanFromProto(const v1::LiftedBan& message) {
  return KeyFromProto(message.jail(), message.source());
}

v1::ReportFailuresRequest FailureBatchToProto(const FailureBatch& batch) {
  v1::ReportFailuresRequest message;
  message.set_jail(batch.jail);
  message.set_log_id(batch.log_id);
  for (const Failure& failure : batch.failures) {
    v1::Failure& wire = *message.add_failures();
    wire.set_source(failure.source.ToString());
    *wire.mutable_failure_time() = TimestampToProto(failure.time);
    wire.set_end_offset(failure.end_offset);
    wire.set_evidence(failure.evidence);
    wire.set_user(failure.user);
  }
  for (const RightLogin& login : batch.right_logins) {
    v1::RightLogin& wire = *message.add_right_logins();
    wire.set_source(login.source.ToString());
    *wire.mutable_login_time() = TimestampToProto(login.time);
    wire.set_end_offset(login.end_offset);
    wire.set_user(login.user);
  }
  return message;
}

v1::EnforcementProblem ProblemToProto(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return v1::ENFORCEMENT_PROBLEM_UNSPECIFIED;
    case absl::StatusCode::kPermissionDenied:
      return v1::ENFORCEMENT_PROBLEM_NO_PERMISSION;
    case absl::StatusCode::kResourceExhausted:
      return v1::ENFORCEMENT_PROBLEM_FULL;
    case absl::StatusCode::kUnavailable:
      return v1::ENFORCEMENT_PROBLEM_LOCK_HELD;
    case absl::StatusCode::kUnimplemented:
      return v1::ENFORCEMENT_PROBLEM_NO_BACKEND;
    default:
      return v1::ENFORCEMENT_PROBLEM_REFUSED;
  }
}

absl::Status EnforcementStatusFromProto(const v1::Acknowledgement& message) {
  if (message.error().empty()) return absl::OkStatus();
  const auto code = [&] {
    switch (message.problem()) {
      case v1::ENFORCEMENT_PROBLEM_NO_PERMISSION:
        return absl::StatusCode::kPermissionDenied;
      case v1::ENFORCEMENT_PROBLEM_FULL:
        return absl::StatusCode::kResourceExhausted;
      case v1::ENFORCEMENT_PROBLEM_LOCK_HELD:
        return absl::StatusCode::kUnavailable;
      case v1::ENFORCEMENT_PROBLEM_NO_BACKEND:
        return absl::StatusCode::kUnimplemented;
      default:
        return absl::StatusCode::kInternal;
    }
  };
  return absl::Status(code(), PrintableText(message.error(), kMaxEvidenceText));
}

}  // namespace mxban
