#include "common/ban_policy.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/count_text.h"
#include "common/escalation.h"
#include "common/last_time.h"

namespace mxban {
namespace {

// Even an operator never means a network that is wider still.
constexpr int kWidestConfirmedIpv4 = 8;
constexpr int kWidestConfirmedIpv6 = 16;

// Never a remote host's. A ban on one could only hurt ourselves.
const std::array<IpNetwork, 6>& NobodysNetworks() {
  static const std::array<IpNetwork, 6> networks = {
      IpNetwork::ParseOrDie("0.0.0.0/8"),
      IpNetwork::ParseOrDie("127.0.0.0/8"),
      IpNetwork::ParseOrDie("224.0.0.0/3"),
      IpNetwork::ParseOrDie("::/96"),
      IpNetwork::ParseOrDie("fe80::/10"),
      IpNetwork::ParseOrDie("ff00::/8")};
  return networks;
}

std::optional<IpNetwork> Overlapping(absl::Span<const IpNetwork> networks,
                                     const IpNetwork& source) {
  const auto found = std::find_if(
      networks.begin(), networks.end(),
      [&](const IpNetwork& network) { return network.Overlaps(source); });
  if (found == networks.end()) return std::nullopt;
  return *found;
}

absl::Status CheckWidth(const BanRequest& request) {
  const IpNetwork& source = request.source;
  const int widest = source.is_ipv4() ? kWidestCountedIpv4 : kWidestCountedIpv6;
  const int confirmed =
      source.is_ipv4() ? kWidestConfirmedIpv4 : kWidestConfirmedIpv6;
  if (source.prefix_length() < confirmed) {
    return absl::InvalidArgumentError(
        absl::StrCat(source.ToString(), " is wider than /", confirmed,
                     "; nobody means that"));
  }
  if (source.prefix_length() < widest && !request.wide) {
    return absl::InvalidArgumentError(
        absl::StrCat(source.ToString(), " is wider than /", widest,
                     "; confirm that with --wide"));
  }
  return absl::OkStatus();
}

// Whether what was told is not older than `window`, and of somebody who counts.
Admission AdmitWithin(absl::Duration window, const Jail& jail, absl::Time now,
                      absl::Time& time, IpNetwork& source) {
  time = std::min(time, now);
  // What has no time is of 1970, and nobody's window is so long.
  if (time <= std::max(now - window, absl::UnixEpoch())) {
    return Admission::kTooOld;
  }
  // What it is counted as may be wider, and hold what is never banned.
  const IpNetwork counted = jail.SourceOf(source);
  if (IsIgnored(jail, source)) return Admission::kIgnored;
  if (counted != source && IsIgnored(jail, counted)) return Admission::kIgnored;
  source = counted;
  return Admission::kCounts;
}

}  // namespace

absl::Time EndOf(absl::Time start, absl::Duration duration) {
  static const absl::Time kLastTime = absl::FromUnixSeconds(kLastTimestamp);
  const absl::Time end = start + duration;
  return end > kLastTime ? absl::InfiniteFuture() : end;
}

std::optional<IpNetwork> NobodysNetwork(const IpNetwork& source) {
  return Overlapping(NobodysNetworks(), source);
}

std::optional<IpNetwork> IgnoredNetwork(const Jail& jail,
                                        const IpNetwork& source) {
  return Overlapping(jail.ignored_networks, source);
}

bool IsIgnored(const Jail& jail, const IpNetwork& source) {
  return IgnoredNetwork(jail, source) || NobodysNetwork(source);
}

Admission Admit(const Jail& jail, absl::Time now, absl::Time& time,
                IpNetwork& source) {
  return AdmitWithin(jail.find_time, jail, now, time, source);
}

bool AdmitLogin(const Jail& jail, absl::Time now, RightLogin& login) {
  return AdmitWithin(jail.good_time, jail, now, login.time, login.source) ==
         Admission::kCounts;
}

std::optional<Ban> DecideCountedBan(const Jail& jail, const Offence& offence,
                                    absl::Time now) {
  if (offence.count < jail.max_retry || offence.servers < jail.min_servers) {
    return std::nullopt;
  }
  Ban ban;
  ban.key = {jail.name, offence.source};
  ban.create_time = now;
  ban.expire_time =
      EndOf(offence.newest,
            EscalatedBanTime(jail, offence.earlier_bans, offence.random));
  if (ban.expire_time <= now) return std::nullopt;
  // One that weighs 3 reaches a limit of 5 with 2 failures.
  const size_t weight = FailureWeight(jail, offence.earlier_bans);
  const size_t failures = (offence.count + weight - 1) / weight;
  ban.failure_count = static_cast<uint32_t>(failures);
  ban.reason = absl::StrCat(CountText(failures, "failure"), " within ",
                            absl::FormatDuration(jail.find_time));
  if (jail.min_servers > 1) {
    absl::StrAppend(&ban.reason, " on ", offence.servers, " servers");
  }
  if (jail.escalation && offence.earlier_bans > 0) {
    absl::StrAppend(&ban.reason, ", banned ",
                    CountText(offence.earlier_bans, "time"), " before");
  }
  return ban;
}

absl::StatusOr<Ban> DecideRequestedBan(const Jail& jail,
                                       const BanRequest& request,
                                       absl::Time now) {
  if (absl::Status status = CheckWidth(request); !status.ok()) return status;
  if (request.duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the duration is not positive");
  }
  Ban ban;
  ban.key = {jail.name, request.source.is_address()
                            ? jail.SourceOf(request.source)
                            : request.source};
  if (IsIgnored(jail, ban.key.source)) {
    return absl::FailedPreconditionError(absl::StrCat(
        ban.key.source.ToString(), " overlaps what jail ", jail.name,
        " never bans (ignoreip, allow list, loopback)"));
  }
  ban.create_time = now;
  ban.expire_time =
      EndOf(now, request.duration == absl::ZeroDuration() ? jail.ban_time
                                                          : request.duration);
  ban.origin = BanOrigin::kOperator;
  ban.reason = request.reason;
  return ban;
}

std::optional<Ban> DecideLocalBan(const Jail& jail, const Ban& local,
                                  absl::Time now) {
  Ban ban;
  ban.key = {jail.name, jail.SourceOf(local.key.source)};
  ban.expire_time = std::min(local.expire_time, EndOf(now, jail.ban_time));
  if (!MayBeCounted(ban.key.source) || IsIgnored(jail, ban.key.source) ||
      ban.expire_time <= now) {
    return std::nullopt;
  }
  // The length of a ban decides for how long it is remembered.
  ban.create_time = std::clamp(local.create_time, now - jail.ban_time, now);
  ban.origin = BanOrigin::kLocal;
  ban.reason = local.reason;
  ban.failure_count = local.failure_count;
  ban.evidence = local.evidence;
  return ban;
}

std::optional<Ban> Extend(const Ban& ban, const Ban& later) {
  const bool is_longer =
      ban.expire_time != absl::InfiniteFuture() &&
      later.expire_time >= ban.expire_time + absl::Seconds(1);
  if (!is_longer) return std::nullopt;
  Ban extended = ban;
  extended.expire_time = later.expire_time;
  extended.failure_count += later.failure_count;
  if (later.origin == BanOrigin::kOperator) {
    extended.origin = later.origin;
    extended.reason = later.reason;
  }
  return extended;
}

}  // namespace mxban
