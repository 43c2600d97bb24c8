#include "agent/firewall/any_firewall.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/firewall/open_firewall.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {
namespace {

constexpr absl::Duration kRemovalInterval = absl::Minutes(1);

}  // namespace

absl::Status AnyFirewall::Apply(const FirewallChanges& changes,
                                absl::Time now) {
  RETURN_IF_ERROR(Open());
  RETURN_IF_ERROR(firewall_->Apply(changes, now));
  RemoveOthers(now);
  return absl::OkStatus();
}

absl::StatusOr<FirewallState> AnyFirewall::Inspect(InspectDepth depth,
                                                   absl::Time now) {
  RETURN_IF_ERROR(Open());
  absl::StatusOr<FirewallState> state = firewall_->Inspect(depth, now);
  if (state.ok() && !state->empty() &&
      std::all_of(state->begin(), state->end(),
                  [](const auto& jail) { return jail.second.intact; })) {
    RemoveOthers(now);
  }
  return state;
}

void AnyFirewall::RemoveOthers(absl::Time now) {
  if (is_alone_ || now < next_removal_ || name() == "none") return;
  next_removal_ = now + kRemovalInterval;
  const absl::Status status = RemoveOtherFirewalls(name());
  is_alone_ = status.ok();
  if (is_alone_) return;
  spdlog::warn("what another firewall has left stays for now: {}",
               std::string(status.message()));
}

absl::Status AnyFirewall::Remove() {
  RETURN_IF_ERROR(Open());
  return firewall_->Remove();
}

absl::Status AnyFirewall::Open() {
  if (firewall_ != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(OpenedFirewall opened, OpenFirewall(kind_));
  firewall_ = std::move(opened.firewall);
  spdlog::info("firewall {}: {}", name(), opened.why);
  return absl::OkStatus();
}

}  // namespace mxban
