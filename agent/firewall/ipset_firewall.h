#ifndef MXBAN_AGENT_FIREWALL_IPSET_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_IPSET_FIREWALL_H_

// Firewall on ipset: a ban is one element of a kernel set, with a timeout that
// the kernel counts down. Any number of bans costs a packet the same.
//
// The tables hold a fixed few rules for each jail and family:
//
//   -A INPUT -p tcp -m multiport --dports 25,465,587 -j mxban-<jail>
//   -A mxban-<jail> -m set --match-set mxban-<jail>-a4 src -j RETURN
//   -A mxban-<jail> -p tcp -m set --match-set mxban-<jail>-4 src -j REJECT ...
//   -A mxban-<jail> -j RETURN
//
// so imposing and lifting touches no table, and takes no lock. Bans end and
// hosts stay closed whether or not the agent is there.
//
// The rules are inspected every second, and mostly stand as they did: then it
// is enough to see that, and nothing is taken apart.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/ipset_netlink.h"
#include "agent/firewall/jail_sets.h"
#include "agent/firewall/table_image.h"
#include "agent/firewall/table_rule.h"

namespace mxban {

class IpsetFirewall final : public Firewall {
 public:
  // Works in the network namespace of the calling thread. `capacity` holds for
  // each jail and family. UNIMPLEMENTED if the kernel has no ipset; whether it
  // has the tables, the first Apply() tells.
  static absl::StatusOr<std::unique_ptr<IpsetFirewall>> Open(
      const JailSets::Capacity& capacity = {});

  std::string name() const override { return "ipset"; }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

 private:
  using Tables = std::map<Family, OwnedRules>;

  // What was seen when the rules were inspected last.
  struct Sight {
    std::vector<std::string> images;  // Of the tables; empty if one is unknown.
    JailSets::Survey sets;
    FirewallState state;
  };

  IpsetFirewall(std::unique_ptr<IpsetNetlink> ipset,
                const JailSets::Capacity& capacity);

  // The chain for `rules`; NOT_FOUND if a set is missing.
  absl::StatusOr<std::vector<TableRule>> ChainFor(const JailRules& rules,
                                                  Family family);
  absl::Status ChangeTables(const FirewallChanges& changes);
  absl::Status ChangeBans(const FirewallChanges& changes, absl::Time now);

  absl::StatusOr<Sight> Look();
  absl::StatusOr<FirewallState> InspectAll(InspectDepth depth, absl::Time now);
  absl::StatusOr<JailState> InspectJail(const std::string& jail,
                                        const Tables& tables,
                                        InspectDepth depth, absl::Time now);
  absl::StatusOr<bool> ChainsStand(const JailRules& rules,
                                   const Tables& tables);

  const std::unique_ptr<IpsetNetlink> ipset_;
  const std::vector<Family> table_families_;
  JailSets sets_;
  std::vector<TableImage> images_;  // Of table_families_.
  Sight last_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPSET_FIREWALL_H_
