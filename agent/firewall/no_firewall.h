#ifndef MXBAN_AGENT_FIREWALL_NO_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_NO_FIREWALL_H_

// A firewall that refuses nobody, for dry runs: it remembers what it was told,
// so that everything above it behaves as on a server that enforces.

#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/firewall.h"

namespace mxban {

class NoFirewall final : public Firewall {
 public:
  std::string name() const override { return "none"; }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

 private:
  struct Remembered {
    JailRules rules;
    absl::flat_hash_map<IpNetwork, absl::Time> bans;
  };

  std::map<std::string, Remembered> jails_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_NO_FIREWALL_H_
