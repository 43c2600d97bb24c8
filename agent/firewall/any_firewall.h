#ifndef MXBAN_AGENT_FIREWALL_ANY_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_ANY_FIREWALL_H_

// The backend that works here, found at the first use. While none works, every
// call says why and the next one tries again, so an agent starts whatever its
// kernel says, tells its coordinator, and enforces once it can.
//
// Once its rules stand, what another backend may have left behind is taken
// away: nobody gets in between the two. If that fails it is tried again later;
// the bans are in force all the same.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/firewall.h"

namespace mxban {

class AnyFirewall final : public Firewall {
 public:
  // `kind` as in OpenFirewall(), which has found it valid.
  explicit AnyFirewall(std::string kind) : kind_(std::move(kind)) {}

  std::string name() const override {
    return firewall_ == nullptr ? "" : firewall_->name();
  }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

  int news() const override {
    return firewall_ == nullptr ? -1 : firewall_->news();
  }
  bool SomebodyChanged() override {
    return firewall_ != nullptr && firewall_->SomebodyChanged();
  }

 private:
  absl::Status Open();

  // Takes away what others have left, now that ours stands.
  void RemoveOthers(absl::Time now);

  const std::string kind_;
  std::unique_ptr<Firewall> firewall_;
  bool is_alone_ = false;  // What others left is gone.
  absl::Time next_removal_ = absl::InfinitePast();
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_ANY_FIREWALL_H_
