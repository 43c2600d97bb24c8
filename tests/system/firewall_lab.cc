#include "tests/system/firewall_lab.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "agent/firewall/ipset_firewall.h"
#include "agent/firewall/iptables_firewall.h"
#include "agent/firewall/nftables_firewall.h"

namespace mxban {
namespace {

HostFirewall::Opener OpenerFor(const std::string& kind, size_t max_bans) {
  if (kind == "iptables") {
    return [max_bans] {
      return std::make_unique<IptablesFirewall>(
          max_bans == 0 ? IptablesFirewall::kMaxBans : max_bans);
    };
  }
  if (kind == "nftables") {
    return []() -> std::unique_ptr<Firewall> {
      return NftablesFirewall::Open().value();
    };
  }
  return [max_bans]() -> std::unique_ptr<Firewall> {
    JailSets::Capacity capacity;
    if (max_bans != 0) {
      capacity.initial = static_cast<uint32_t>(max_bans);
      capacity.ceiling = capacity.initial;
    }
    return IpsetFirewall::Open(capacity).value();
  };
}

// Appends what one wanted jail needs.
void AppendDifference(const WantedJail& wanted, const JailState* standing,
                      absl::Time now, FirewallChanges& changes) {
  static const JailState kNothing;
  const JailState& state = standing == nullptr ? kNothing : *standing;
  if (!state.intact || state.rules != wanted.rules) {
    changes.jails.push_back(wanted.rules);
  }
  absl::flat_hash_set<IpNetwork> sources;
  for (const FirewallBan& ban : wanted.bans) {
    sources.insert(ban.source);
    const auto found = state.bans.find(ban.source);
    if (found == state.bans.end() ||
        !EndStands(found->second, ban.expire_time, now)) {
      changes.imposed.push_back(ban);
    }
  }
  for (const auto& [source, end] : state.bans) {
    if (!sources.contains(source)) {
      changes.lifted.push_back({wanted.rules.name, source});
    }
  }
}

}  // namespace

HostFirewall::HostFirewall(NetworkLab& network, std::string host,
                           const Opener& open)
    : network_(network), host_(std::move(host)) {
  network_.Run(host_, [&] { firewall_ = open(); });
}

absl::Status HostFirewall::Apply(const FirewallChanges& changes,
                                 absl::Time now) {
  absl::Status status;
  network_.Run(host_, [&] { status = firewall_->Apply(changes, now); });
  return status;
}

absl::StatusOr<FirewallState> HostFirewall::Inspect(InspectDepth depth,
                                                    absl::Time now) {
  absl::StatusOr<FirewallState> state;
  network_.Run(host_, [&] { state = firewall_->Inspect(depth, now); });
  return state;
}

absl::Status HostFirewall::Remove() {
  absl::Status status;
  network_.Run(host_, [&] { status = firewall_->Remove(); });
  return status;
}

JailRules MailRules(std::string name) {
  return {.name = std::move(name), .ports = {{25, 25}, {465, 465}, {587, 587}}};
}

FirewallBan BanOf(absl::string_view source, std::string jail,
                  absl::Time expire_time) {
  return {std::move(jail), IpNetwork::ParseOrDie(source), expire_time};
}

FirewallChanges Imposing(std::initializer_list<absl::string_view> sources) {
  FirewallChanges changes;
  for (const absl::string_view source : sources) {
    changes.imposed.push_back(BanOf(source));
  }
  return changes;
}

FirewallChanges Lifting(std::initializer_list<absl::string_view> sources) {
  FirewallChanges changes;
  for (const absl::string_view source : sources) {
    changes.lifted.push_back(BanOf(source));
  }
  return changes;
}

FirewallChanges Difference(const std::vector<WantedJail>& wanted,
                           const FirewallState& state, absl::Time now) {
  FirewallChanges changes;
  for (const WantedJail& jail : wanted) {
    const auto standing = state.find(jail.rules.name);
    AppendDifference(jail,
                     standing == state.end() ? nullptr : &standing->second, now,
                     changes);
  }
  for (const auto& [name, jail] : state) {
    if (std::none_of(wanted.begin(), wanted.end(), [&](const WantedJail& w) {
          return w.rules.name == name;
        })) {
      changes.removed_jails.push_back(name);
    }
  }
  return changes;
}

FirewallLab::FirewallLab(const std::string& kind, size_t max_bans)
    : opener_(OpenerFor(kind, max_bans)) {
  network_.AddHost(kRelay, {"192.0.2.1", "2001:db8::1"});
  network_.AddHost(kClient, {kSpammer, kNeighbour, kStranger, kSpammer6,
                             kNeighbour6, kStranger6});
  network_.Listen(kRelay, {25, 465, 587, 2525});
  firewall_ = OpenAgain();
}

std::unique_ptr<Firewall> FirewallLab::OpenAgain() {
  return std::make_unique<HostFirewall>(network_, kRelay, opener_);
}

absl::Status FirewallLab::SetUp(const JailRules& rules) {
  FirewallChanges changes;
  changes.jails.push_back(rules);
  return Apply(changes);
}

FirewallState FirewallLab::Inspect(InspectDepth depth) {
  return firewall_->Inspect(depth, absl::Now()).value();
}

NetworkLab::Outcome FirewallLab::TryConnect(const std::string& source,
                                            uint16_t port,
                                            absl::Duration patience) {
  const bool is_ipv6 = absl::StrContains(source, ':');
  return network_.TryConnect(
      kClient, source, is_ipv6 ? "2001:db8::1" : "192.0.2.1", port, patience);
}

}  // namespace mxban
