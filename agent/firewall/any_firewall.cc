#include "agent/firewall/any_firewall.h"

#include <string>
#include <utility>

#include "agent/firewall/open_firewall.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace mxban {

absl::Status AnyFirewall::Apply(const FirewallChanges& changes,
                                absl::Time now) {
  RETURN_IF_ERROR(Open());
  RETURN_IF_ERROR(firewall_->Apply(changes, now));
  if (is_alone_ || name() == "none") return absl::OkStatus();
  RETURN_IF_ERROR(RemoveOtherFirewalls(name()));
  is_alone_ = true;
  return absl::OkStatus();
}

absl::StatusOr<FirewallState> AnyFirewall::Inspect(InspectDepth depth,
                                                   absl::Time now) {
  RETURN_IF_ERROR(Open());
  return firewall_->Inspect(depth, now);
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
