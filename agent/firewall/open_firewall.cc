#include "agent/firewall/open_firewall.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/firewall/ipset_firewall.h"
#include "agent/firewall/ipset_netlink.h"
#include "agent/firewall/iptables_firewall.h"
#include "agent/firewall/jail_sets.h"
#include "agent/firewall/nftables_firewall.h"
#include "agent/firewall/no_firewall.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

constexpr absl::string_view kAuto = "auto";
constexpr absl::string_view kNone = "none";

// The backends that enforce, in the order in which `auto` tries them.
constexpr absl::string_view kKinds[] = {"ipset", "nftables", "iptables"};

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
  const std::string name = FirewallName(absl::StrCat(kProbePrefix, getpid()));
  absl::Status status = firewall.Apply(ProbeJail(name, now), now);
  if (status.ok()) {
    absl::StatusOr<FirewallState> state =
        firewall.Inspect(InspectDepth::kRulesAndBans, now);
    status = state.status();
    if (state.ok() && (!(*state)[name].intact || (*state)[name].bans.empty())) {
      status = absl::UnimplementedError(
          "the kernel does not return the rules it was given");
    }
  }
  FirewallChanges removal;
  removal.removed_jails.push_back(name);
  status.Update(firewall.Apply(removal, now));
  return status;
}

// One of kKinds, not tried out.
absl::StatusOr<std::unique_ptr<Firewall>> Make(absl::string_view kind) {
  if (kind == "ipset") return IpsetFirewall::Open();
  if (kind == "nftables") return NftablesFirewall::Open();
  return std::make_unique<IptablesFirewall>();
}

absl::StatusOr<std::unique_ptr<Firewall>> MakeAndProbe(absl::string_view kind) {
  ASSIGN_OR_RETURN(std::unique_ptr<Firewall> firewall, Make(kind));
  RETURN_IF_ERROR(Probe(*firewall));
  return firewall;
}

// The first that works. What stands in the way of trying the next: that others
// hold the tables, for that will pass.
absl::StatusOr<OpenedFirewall> OpenBest() {
  std::vector<std::string> answers;
  bool lacks_rights = false;
  for (const absl::string_view kind : kKinds) {
    absl::StatusOr<std::unique_ptr<Firewall>> firewall = MakeAndProbe(kind);
    if (absl::IsUnavailable(firewall.status())) return firewall.status();
    if (firewall.ok()) {
      answers.insert(answers.begin(), "it works");
      return OpenedFirewall{*std::move(firewall), absl::StrJoin(answers, "; ")};
    }
    lacks_rights |= absl::IsPermissionDenied(firewall.status());
    answers.push_back(
        absl::StrCat("not ", kind, ": ", firewall.status().message()));
  }
  return absl::Status(lacks_rights ? absl::StatusCode::kPermissionDenied
                                   : absl::StatusCode::kUnimplemented,
                      absl::StrJoin(answers, "; "));
}

// Of what the kernel does not have there is nothing left.
absl::Status UnlessAbsent(const absl::Status& status) {
  return absl::IsUnimplemented(status) ? absl::OkStatus() : status;
}

absl::Status RemoveIfAny(absl::string_view kind) {
  absl::StatusOr<std::unique_ptr<Firewall>> firewall = Make(kind);
  if (!firewall.ok()) return UnlessAbsent(firewall.status());
  const absl::StatusOr<FirewallState> state =
      (*firewall)->Inspect(InspectDepth::kRules, absl::UnixEpoch());
  if (!state.ok()) return UnlessAbsent(state.status());
  return state->empty() ? absl::OkStatus() : (*firewall)->Remove();
}

absl::Status RemoveSets() {
  absl::StatusOr<std::unique_ptr<IpsetNetlink>> ipset = IpsetNetlink::Open();
  if (!ipset.ok()) return UnlessAbsent(ipset.status());
  return JailSets(**ipset, {}).DropAll();
}

}  // namespace

absl::Status ValidateFirewallKind(absl::string_view kind) {
  if (kind == kAuto || kind == kNone ||
      std::find(std::begin(kKinds), std::end(kKinds), kind) !=
          std::end(kKinds)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no firewall \"", kind, "\"; there are ", kAuto, ", ",
                   absl::StrJoin(kKinds, ", "), " and ", kNone));
}

absl::StatusOr<OpenedFirewall> OpenFirewall(absl::string_view kind) {
  RETURN_IF_ERROR(ValidateFirewallKind(kind));
  if (kind == kAuto) return OpenBest();
  if (kind == kNone) {
    return OpenedFirewall{std::make_unique<NoFirewall>(),
                          "nothing is enforced, as asked"};
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Firewall> firewall, MakeAndProbe(kind));
  return OpenedFirewall{std::move(firewall), "as asked"};
}

std::vector<ProbedFirewall> ProbeFirewalls() {
  std::vector<ProbedFirewall> probed;
  bool chosen = false;
  for (const absl::string_view kind : kKinds) {
    const absl::Status status = MakeAndProbe(kind).status();
    probed.push_back({std::string(kind), status, status.ok() && !chosen});
    chosen |= status.ok();
  }
  return probed;
}

absl::Status RemoveOtherFirewalls(absl::string_view kind) {
  // Both kinds on legacy tables use the same chains, so one has replaced the
  // other's already; only sets can be left.
  if (kind == "ipset") return RemoveIfAny("nftables");
  if (kind == "iptables") {
    absl::Status status = RemoveIfAny("nftables");
    status.Update(RemoveSets());
    return status;
  }
  absl::Status status = RemoveIfAny("iptables");
  status.Update(RemoveSets());
  return status;
}

absl::Status RemoveAllFirewalls() {
  absl::Status status = RemoveOtherFirewalls("nftables");
  status.Update(RemoveIfAny("nftables"));
  return status;
}

}  // namespace mxban
