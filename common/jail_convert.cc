#include "common/jail_convert.h"

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "common/ip_network.h"
#include "common/message_fields.h"
#include "common/status_macros.h"
#include "common/time_convert.h"

namespace mxban {
namespace {

constexpr size_t kMaxTimeZone = 64;
constexpr uint32_t kMaxLines = 1000;  // Of a window, and of pending failures.
constexpr absl::Duration kMaxJoinTime = absl::Hours(24);

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
      return WrongField("enforcement.rejection", "unknown");
  }
}

absl::StatusOr<Enforcement> EnforcementFromProto(
    const v1::Enforcement& message) {
  Enforcement enforcement;
  enforcement.name = message.name();
  if (enforcement.name.empty()) return WrongField("enforcement.name", "empty");
  if (message.ports().empty()) return WrongField("enforcement.ports", "empty");
  for (const v1::PortRange& range : message.ports()) {
    if (range.first() > range.last() || range.last() > 65535) {
      return WrongField("enforcement.ports", "not a range of ports");
    }
    enforcement.ports.push_back({static_cast<uint16_t>(range.first()),
                                 static_cast<uint16_t>(range.last())});
  }
  ASSIGN_OR_RETURN(enforcement.rejection,
                   RejectionFromProto(message.rejection()));
  return enforcement;
}

v1::Enforcement EnforcementToProto(const Enforcement& enforcement) {
  v1::Enforcement message;
  message.set_name(enforcement.name);
  for (const PortRange& range : enforcement.ports) {
    v1::PortRange& ports = *message.add_ports();
    ports.set_first(range.first);
    ports.set_last(range.last);
  }
  message.set_rejection(RejectionToProto(enforcement.rejection));
  return message;
}

v1::Filter FilterToProto(const Filter& filter) {
  v1::Filter message;
  AddAll(filter.fail_regexes, message.mutable_fail_regexes());
  AddAll(filter.ignore_regexes, message.mutable_ignore_regexes());
  message.set_prefix_regex(filter.prefix_regex);
  AddAll(filter.date_patterns, message.mutable_date_patterns());
  message.set_time_zone(filter.time_zone);
  message.set_max_lines(filter.max_lines);
  message.set_addresses_only(!filter.use_names);
  message.set_pending_limit(filter.pending_limit);
  *message.mutable_join_time() = DurationToProto(filter.join_time);
  AddAll(filter.success_regexes, message.mutable_success_regexes());
  return message;
}

// Reads a number of lines, of which there is at least one.
absl::StatusOr<uint32_t> LinesFromProto(absl::string_view field,
                                        uint32_t lines) {
  if (lines > kMaxLines) return WrongField(field, "above 1,000");
  return std::max<uint32_t>(lines, 1);
}

absl::StatusOr<Filter> FilterFromProto(const v1::Filter& message) {
  Filter filter;
  filter.fail_regexes = Strings(message.fail_regexes());
  filter.ignore_regexes = Strings(message.ignore_regexes());
  filter.prefix_regex = message.prefix_regex();
  filter.date_patterns = Strings(message.date_patterns());
  filter.time_zone = message.time_zone();
  if (filter.time_zone.size() > kMaxTimeZone ||
      !absl::c_all_of(filter.time_zone, absl::ascii_isprint)) {
    return WrongField("filter.time_zone", "too long or not printable");
  }
  ASSIGN_OR_RETURN(filter.max_lines,
                   LinesFromProto("filter.max_lines", message.max_lines()));
  filter.use_names = !message.addresses_only();
  ASSIGN_OR_RETURN(
      filter.pending_limit,
      LinesFromProto("filter.pending_limit", message.pending_limit()));
  if (message.has_join_time()) {
    ASSIGN_OR_RETURN(filter.join_time, DurationFromProto(message.join_time()));
  }
  if (filter.join_time <= absl::ZeroDuration() ||
      filter.join_time > kMaxJoinTime) {
    return WrongField("filter.join_time", "not within nothing and a day");
  }
  filter.success_regexes = Strings(message.success_regexes());
  return filter;
}

v1::Escalation EscalationToProto(const Escalation& escalation) {
  v1::Escalation message;
  message.set_factor(escalation.factor);
  for (const double multiplier : escalation.multipliers) {
    message.add_multipliers(multiplier);
  }
  if (escalation.max_time != absl::InfiniteDuration()) {
    *message.mutable_max_time() = DurationToProto(escalation.max_time);
  }
  *message.mutable_random_time() = DurationToProto(escalation.random_time);
  message.set_over_all_jails(escalation.over_all_jails);
  return message;
}

bool IsFactor(double factor) { return std::isfinite(factor) && factor > 0; }

absl::StatusOr<Escalation> EscalationFromProto(const v1::Escalation& message) {
  Escalation escalation;
  escalation.factor = message.factor();
  escalation.multipliers.assign(message.multipliers().begin(),
                                message.multipliers().end());
  if (!IsFactor(escalation.factor) ||
      !absl::c_all_of(escalation.multipliers, IsFactor)) {
    return WrongField("escalation", "a factor is not above 0");
  }
  if (message.has_max_time()) {
    ASSIGN_OR_RETURN(escalation.max_time,
                     DurationFromProto(message.max_time()));
  }
  ASSIGN_OR_RETURN(escalation.random_time,
                   DurationFromProto(message.random_time()));
  if (escalation.max_time <= absl::ZeroDuration() ||
      escalation.random_time < absl::ZeroDuration()) {
    return WrongField("escalation", "a length of time is negative");
  }
  escalation.over_all_jails = message.over_all_jails();
  return escalation;
}

// How much is too much, and for how long.
absl::Status LimitsFromProto(const v1::Jail& message, Jail& jail) {
  jail.max_retry = std::max<uint32_t>(message.max_retry(), 1);
  ASSIGN_OR_RETURN(jail.find_time, DurationFromProto(message.find_time()));
  if (jail.find_time <= absl::ZeroDuration()) {
    return WrongField("find_time", "not positive");
  }
  jail.ban_time = absl::InfiniteDuration();
  if (message.has_ban_time()) {
    ASSIGN_OR_RETURN(jail.ban_time, DurationFromProto(message.ban_time()));
  }
  if (message.has_escalation()) {
    ASSIGN_OR_RETURN(jail.escalation,
                     EscalationFromProto(message.escalation()));
  }
  if (message.has_ban_memory()) {
    ASSIGN_OR_RETURN(jail.ban_memory, DurationFromProto(message.ban_memory()));
  }
  return absl::OkStatus();
}

// What holds back bans.
absl::Status RailsFromProto(const v1::Jail& message, Jail& jail) {
  jail.dry_run = message.dry_run();
  jail.min_servers = std::max<uint32_t>(message.min_servers(), 1);
  jail.max_ban_rate = message.max_ban_rate();
  jail.max_good_share = message.max_good_share();
  if (!(jail.max_good_share >= 0 && jail.max_good_share <= 1)) {
    return WrongField("max_good_share", "not within 0 and 1");
  }
  if (message.has_good_time()) {
    ASSIGN_OR_RETURN(jail.good_time, DurationFromProto(message.good_time()));
  }
  jail.good_time = std::max(jail.good_time, jail.find_time);
  return absl::OkStatus();
}

// Which addresses are told apart, and which are ignored.
absl::Status SourcesFromProto(const v1::Jail& message, Jail& jail) {
  if (message.ipv6_prefix() < 1 || message.ipv6_prefix() > 128) {
    return WrongField("ipv6_prefix", "not within 1 and 128");
  }
  jail.ipv6_prefix = static_cast<int>(message.ipv6_prefix());
  for (const std::string& text : message.ignored_networks()) {
    ASSIGN_OR_RETURN(const IpNetwork network, IpNetwork::Parse(text));
    jail.ignored_networks.push_back(network);
  }
  jail.ignore_self = !message.counts_own_addresses();
  return absl::OkStatus();
}

absl::StatusOr<Journal> JournalFromProto(const v1::Journal& message) {
  if (!message.directory().empty() && message.directory()[0] != '/') {
    return WrongField("journal.directory", "not an absolute path");
  }
  const uint32_t known = message.directory().empty()
                             ? Journal::kAllFlags
                             : Journal::kFlagsOfDirectory;
  if ((message.flags() & ~known) != 0) {
    return WrongField("journal.flags", "unknown");
  }
  return Journal{message.directory(), message.flags()};
}

}  // namespace

v1::Jail JailToProto(const Jail& jail) {
  v1::Jail message;
  message.set_name(jail.name);
  *message.mutable_filter() = FilterToProto(jail.filter);
  AddAll(jail.log_paths, message.mutable_log_paths());
  message.set_max_retry(jail.max_retry);
  *message.mutable_find_time() = DurationToProto(jail.find_time);
  if (jail.ban_time != absl::InfiniteDuration()) {
    *message.mutable_ban_time() = DurationToProto(jail.ban_time);
  }
  if (jail.escalation) {
    *message.mutable_escalation() = EscalationToProto(*jail.escalation);
  }
  *message.mutable_ban_memory() = DurationToProto(jail.ban_memory);
  message.set_ipv6_prefix(jail.ipv6_prefix);
  for (const IpNetwork& network : jail.ignored_networks) {
    message.add_ignored_networks(network.ToString());
  }
  message.set_counts_own_addresses(!jail.ignore_self);
  AddAll(jail.journal_matches, message.mutable_journal_matches());
  if (jail.journal) {
    message.mutable_journal()->set_directory(jail.journal->directory);
    message.mutable_journal()->set_flags(jail.journal->flags);
  }
  *message.mutable_enforcement() = EnforcementToProto(jail.enforcement);
  message.set_dry_run(jail.dry_run);
  message.set_min_servers(jail.min_servers);
  message.set_max_ban_rate(jail.max_ban_rate);
  message.set_max_good_share(jail.max_good_share);
  *message.mutable_good_time() = DurationToProto(jail.good_time);
  return message;
}

absl::StatusOr<Jail> JailFromProto(const v1::Jail& message) {
  Jail jail;
  jail.name = message.name();
  if (jail.name.empty() || jail.name.size() > kMaxJailName) {
    return WrongField("name", "empty or too long");
  }
  ASSIGN_OR_RETURN(jail.filter, FilterFromProto(message.filter()));
  jail.log_paths = Strings(message.log_paths());
  RETURN_IF_ERROR(LimitsFromProto(message, jail));
  RETURN_IF_ERROR(SourcesFromProto(message, jail));
  RETURN_IF_ERROR(RailsFromProto(message, jail));
  jail.journal_matches = Strings(message.journal_matches());
  if (message.has_journal()) {
    ASSIGN_OR_RETURN(jail.journal, JournalFromProto(message.journal()));
  }
  ASSIGN_OR_RETURN(jail.enforcement,
                   EnforcementFromProto(message.enforcement()));
  return jail;
}

}  // namespace mxban
