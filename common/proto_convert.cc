#include "common/proto_convert.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::StatusOr<BanKey> KeyFromProto(const std::string& jail,
                                    const std::string& source) {
  if (jail.empty() || jail.size() > kMaxJailName) {
    return Wrong("jail", "empty or too long");
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

v1::Rejection RejectionToProto(Rejection rejection) {
  switch (rejection) {
    case Rejection::kTcpReset:
      return v1::REJECTION_TCP_RESET;
    case Rejection::kIcmpPortUnreachable:
      return v1::REJECTION_ICMP_PORT_UNREACHABLE;
    case Rejection::kDrop:
      return v1::REJECTION_DROP;
  }
  return v1::REJECTION_UNSPECIFIED;
}

absl::StatusOr<Rejection> RejectionFromProto(v1::Rejection rejection) {
  switch (rejection) {
    case v1::REJECTION_TCP_RESET:
      return Rejection::kTcpReset;
    case v1::REJECTION_ICMP_PORT_UNREACHABLE:
      return Rejection::kIcmpPortUnreachable;
    case v1::REJECTION_DROP:
      return Rejection::kDrop;
    default:
      return Wrong("enforcement.rejection", "unknown");
  }
}

absl::StatusOr<Enforcement> EnforcementFromProto(
    const v1::Enforcement& message) {
  Enforcement enforcement;
  enforcement.name = message.name();
  if (enforcement.name.empty()) return Wrong("enforcement.name", "empty");
  if (message.ports().empty()) return Wrong("enforcement.ports", "empty");
  for (const v1::PortRange& range : message.ports()) {
    if (range.first() > range.last() || range.last() > 65535) {
      return Wrong("enforcement.ports", "not a range of ports");
    }
    enforcement.ports.push_back({static_cast<uint16_t>(range.first()),
                                 static_cast<uint16_t>(range.last())});
  }
  ASSIGN_OR_RETURN(enforcement.rejection,
                   RejectionFromProto(message.rejection()));
  return enforcement;
}

template <typename Repeated>
std::vector<std::string> Strings(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

template <typename Repeated>
void AddAll(const std::vector<std::string>& strings, Repeated* repeated) {
  for (const std::string& string : strings) repeated->Add()->assign(string);
}

}  // namespace

google::protobuf::Timestamp TimestampToProto(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      (time - absl::FromUnixSeconds(seconds)) / absl::Nanoseconds(1)));
  return timestamp;
}

absl::StatusOr<absl::Time> TimestampFromProto(
    const google::protobuf::Timestamp& timestamp) {
  // The range that google.protobuf.Timestamp allows: years 1 to 9999.
  if (timestamp.seconds() < -62135596800 ||
      timestamp.seconds() > 253402300799 || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999999999) {
    return Wrong("time", "out of range");
  }
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Duration DurationToProto(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(
      absl::IDivDuration(duration, absl::Seconds(1), &duration));
  message.set_nanos(static_cast<int32_t>(
      absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return message;
}

absl::StatusOr<absl::Duration> DurationFromProto(
    const google::protobuf::Duration& duration) {
  if (duration.seconds() < -315576000000 || duration.seconds() > 315576000000) {
    return Wrong("duration", "out of range");
  }
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

v1::Jail JailToProto(const Jail& jail) {
  v1::Jail message;
  message.set_name(jail.name);
  v1::Filter& filter = *message.mutable_filter();
  AddAll(jail.filter.fail_regexes, filter.mutable_fail_regexes());
  AddAll(jail.filter.ignore_regexes, filter.mutable_ignore_regexes());
  filter.set_prefix_regex(jail.filter.prefix_regex);
  AddAll(jail.filter.date_patterns, filter.mutable_date_patterns());
  AddAll(jail.log_paths, message.mutable_log_paths());
  message.set_max_retry(jail.max_retry);
  *message.mutable_find_time() = DurationToProto(jail.find_time);
  if (jail.ban_time != absl::InfiniteDuration()) {
    *message.mutable_ban_time() = DurationToProto(jail.ban_time);
  }
  message.set_ipv6_prefix(jail.ipv6_prefix);
  for (const IpNetwork& network : jail.ignored_networks) {
    message.add_ignored_networks(network.ToString());
  }
  v1::Enforcement& enforcement = *message.mutable_enforcement();
  enforcement.set_name(jail.enforcement.name);
  for (const PortRange& range : jail.enforcement.ports) {
    v1::PortRange& ports = *enforcement.add_ports();
    ports.set_first(range.first);
    ports.set_last(range.last);
  }
  enforcement.set_rejection(RejectionToProto(jail.enforcement.rejection));
  return message;
}

absl::StatusOr<Jail> JailFromProto(const v1::Jail& message) {
  Jail jail;
  jail.name = message.name();
  if (jail.name.empty() || jail.name.size() > kMaxJailName) {
    return Wrong("name", "empty or too long");
  }
  jail.filter = {Strings(message.filter().fail_regexes()),
                 Strings(message.filter().ignore_regexes()),
                 message.filter().prefix_regex(),
                 Strings(message.filter().date_patterns())};
  jail.log_paths = Strings(message.log_paths());
  jail.max_retry = std::max<uint32_t>(message.max_retry(), 1);
  ASSIGN_OR_RETURN(jail.find_time, DurationFromProto(message.find_time()));
  if (jail.find_time <= absl::ZeroDuration()) {
    return Wrong("find_time", "not positive");
  }
  jail.ban_time = absl::InfiniteDuration();
  if (message.has_ban_time()) {
    ASSIGN_OR_RETURN(jail.ban_time, DurationFromProto(message.ban_time()));
  }
  if (message.ipv6_prefix() < 1 || message.ipv6_prefix() > 128) {
    return Wrong("ipv6_prefix", "not within 1 and 128");
  }
  jail.ipv6_prefix = static_cast<int>(message.ipv6_prefix());
  for (const std::string& text : message.ignored_networks()) {
    ASSIGN_OR_RETURN(const IpNetwork network, IpNetwork::Parse(text));
    jail.ignored_networks.push_back(network);
  }
  ASSIGN_OR_RETURN(jail.enforcement,
                   EnforcementFromProto(message.enforcement()));
  return jail;
}

v1::Ban BanToProto(const Ban& ban) {
  v1::Ban message;
  message.set_jail(ban.key.jail);
  message.set_source(ban.key.source.ToString());
  *message.mutable_create_time() = TimestampToProto(ban.create_time);
  SetExpireTime(ban.expire_time, message);
  message.set_origin(ban.origin == BanOrigin::kCounted
                         ? v1::BAN_ORIGIN_COUNTED
                         : v1::BAN_ORIGIN_OPERATOR);
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
  ban.origin = message.origin() == v1::BAN_ORIGIN_OPERATOR
                   ? BanOrigin::kOperator
                   : BanOrigin::kCounted;
  ban.reason = message.reason();
  ban.failure_count = message.failure_count();
  ban.servers = Strings(message.servers());
  ban.evidence = Strings(message.evidence());
  ban.previous_ban_count = message.previous_ban_count();
  ban.revision = message.revision();
  return ban;
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
  }
  return message;
}

absl::StatusOr<FailureBatch> FailureBatchFromProto(
    const v1::ReportFailuresRequest& message) {
  if (message.jail().empty() || message.jail().size() > kMaxJailName) {
    return Wrong("jail", "empty or too long");
  }
  if (message.log_id().empty() || message.log_id().size() > kMaxLogId) {
    return Wrong("log_id", "empty or too long");
  }
  if (message.failures_size() > kMaxFailuresPerBatch) {
    return Wrong("failures", "too many for one batch");
  }
  FailureBatch batch = {message.jail(), message.log_id(), {}};
  batch.failures.reserve(message.failures_size());
  uint64_t offset = 0;
  for (const v1::Failure& wire : message.failures()) {
    Failure failure;
    ASSIGN_OR_RETURN(failure.source, IpNetwork::Parse(wire.source()));
    if (!failure.source.is_address()) {
      return Wrong("failures.source", "a failure has one address");
    }
    ASSIGN_OR_RETURN(failure.time, TimestampFromProto(wire.failure_time()));
    if (wire.end_offset() < offset || wire.end_offset() > INT64_MAX) {
      return Wrong("failures.end_offset", "not in the order of lines");
    }
    failure.end_offset = offset = wire.end_offset();
    failure.evidence = PrintableText(wire.evidence(), kMaxEvidenceText);
    batch.failures.push_back(std::move(failure));
  }
  return batch;
}

std::string PrintableText(absl::string_view bytes, size_t max_size) {
  const bool is_printable = std::all_of(
      bytes.begin(), bytes.end(), [](char c) { return c >= ' ' && c <= '~'; });
  std::string text = is_printable ? std::string(bytes.substr(0, max_size))
                                  : absl::CHexEscape(bytes.substr(0, max_size));
  text.resize(std::min(text.size(), max_size));
  return text;
}

}  // namespace mxban
