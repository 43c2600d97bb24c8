#ifndef MXBAN_AGENT_FIREWALL_IPTABLES_FIREWALL_H_
#define MXBAN_AGENT_FIREWALL_IPTABLES_FIREWALL_H_

// Firewall on legacy tables alone, as Fail2Ban's iptables-multiport has it: one
// rule for each source. For kernels without ipset, and for few bans.
//
//   -A INPUT -p tcp -m multiport --dports 25,465,587 -j mxban-<jail>
//   -A mxban-<jail> -s <allowed network> -j RETURN
//   -A mxban-<jail> -s <banned source> -p tcp -j REJECT ...
//   -A mxban-<jail> -j RETURN
//
// Every packet to the mail ports walks the chain, and every change rewrites the
// table: hence a ceiling. All changes of an Apply() are one commit for each
// family. The kernel keeps no time here: Inspect() tells no ends, and whoever
// imposed a ban lifts it.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/firewall/family.h"
#include "agent/firewall/firewall.h"
#include "agent/firewall/table_rule.h"
#include "agent/firewall/xtables_lock.h"

namespace mxban {

class IptablesFirewall final : public Firewall {
 public:
  static constexpr size_t kMaxBans = 2000;

  // Works in the network namespace of the calling thread. Refuses up to
  // `max_bans` sources of each family, over all jails.
  // Those of a family that `families` lacks concern nobody.
  explicit IptablesFirewall(size_t max_bans = kMaxBans,
                            std::vector<Family> families = KernelFamilies());

  std::string name() const override { return "iptables"; }
  absl::Status Apply(const FirewallChanges& changes, absl::Time now) override;
  absl::StatusOr<FirewallState> Inspect(InspectDepth depth,
                                        absl::Time now) override;
  absl::Status Remove() override;

 private:
  bool HasTable(Family family) const;
  absl::Status ApplyTo(Family family, const XtablesLock& lock,
                       const FirewallChanges& changes, absl::Time now);
  JailState InspectJail(const std::string& jail,
                        const std::map<Family, OwnedRules>& tables,
                        InspectDepth depth) const;

  const size_t max_bans_;
  const std::vector<Family> families_;

  // By jail: what no chain can tell, how to refuse while nobody is banned, and
  // whom to allow in a family without a table.
  std::map<std::string, Rejection> rejections_;
  std::map<std::string, std::vector<IpNetwork>> allowed_elsewhere_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_IPTABLES_FIREWALL_H_
