#include "agent/firewall/open_firewall.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/firewall/ipset_firewall.h"
#include "agent/firewall/iptables_firewall.h"
#include "agent/firewall/no_firewall.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

// A jail that concerns nobody: port 0, and addresses that no packet has.
FirewallChanges ProbeJail(const std::string& name, absl::Time now) {
  FirewallChanges changes;
  changes.jails.push_back({.name = name, .ports = {{0, 0}}});
  for (const absl::string_view nobody : {"0.0.0.0", "::"}) {
    changes.imposed.push_back(
        {name, IpNetwork::ParseOrDie(nobody), now + absl::Minutes(1)});
  }
  return changes;
}

// Uses the firewall in all its parts, and takes everything away again.
absl::Status Probe(Firewall& firewall) {
  const absl::Time now = absl::UnixEpoch();  // Of no account: it counts down.
  const std::string name = FirewallName(absl::StrCat("probe.", getpid()));
  absl::Status status = firewall.Apply(ProbeJail(name, now), now);
  if (status.ok()) {
    absl::StatusOr<FirewallState> state =
        firewall.Inspect(InspectDepth::kRulesAndBans, now);
    status = state.status();
    if (state.ok() && !(*state)[name].intact) {
      status = absl::UnimplementedError(
          "the kernel does not return the rules it was given");
    }
  }
  FirewallChanges removal;
  removal.removed_jails.push_back(name);
  status.Update(firewall.Apply(removal, now));
  return status;
}

absl::StatusOr<OpenedFirewall> OpenIpset() {
  ASSIGN_OR_RETURN(std::unique_ptr<Firewall> firewall, IpsetFirewall::Open());
  RETURN_IF_ERROR(Probe(*firewall));
  return OpenedFirewall{std::move(firewall), "legacy tables and ipset work"};
}

absl::StatusOr<OpenedFirewall> OpenIptables() {
  auto firewall = std::make_unique<IptablesFirewall>();
  RETURN_IF_ERROR(Probe(*firewall));
  return OpenedFirewall{std::move(firewall), "legacy tables work"};
}

// What stands in the way of trying the next backend: nothing, if this one is
// merely not there.
absl::StatusOr<OpenedFirewall> OpenBest() {
  absl::StatusOr<OpenedFirewall> ipset = OpenIpset();
  if (ipset.ok() || absl::IsUnavailable(ipset.status())) return ipset;
  const std::string ipset_says =
      absl::StrCat("ipset: ", ipset.status().message());
  absl::StatusOr<OpenedFirewall> iptables = OpenIptables();
  if (iptables.ok()) {
    absl::StrAppend(&iptables->why, "; ", ipset_says);
    return iptables;
  }
  if (absl::IsUnavailable(iptables.status())) return iptables;
  const bool lacks_rights = absl::IsPermissionDenied(ipset.status()) ||
                            absl::IsPermissionDenied(iptables.status());
  return absl::Status(
      lacks_rights ? absl::StatusCode::kPermissionDenied
                   : absl::StatusCode::kUnimplemented,
      absl::StrCat(ipset_says, "; iptables: ", iptables.status().message()));
}

}  // namespace

absl::StatusOr<OpenedFirewall> OpenFirewall(absl::string_view kind) {
  if (kind == "auto") return OpenBest();
  if (kind == "ipset") return OpenIpset();
  if (kind == "iptables") return OpenIptables();
  if (kind == "none") {
    return OpenedFirewall{std::make_unique<NoFirewall>(),
                          "nothing is enforced, as asked"};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no firewall \"", kind, "\"; there are auto, ipset, iptables and none"));
}

}  // namespace mxban
