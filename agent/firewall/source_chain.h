#ifndef MXBAN_AGENT_FIREWALL_SOURCE_CHAIN_H_
#define MXBAN_AGENT_FIREWALL_SOURCE_CHAIN_H_

// A jail's chain with a rule for each source: who is allowed, who is refused,
// and how. Between that meaning and the rules of the chain.

#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "agent/firewall/family.h"
#include "agent/firewall/table_rule.h"
#include "common/ip_network.h"
#include "common/jail.h"

namespace mxban {

class SourceChain {
 public:
  SourceChain() = default;

  // Reads a chain. Rules of another form are somebody's mistake and left out.
  explicit SourceChain(const std::vector<TableRule>& rules);

  // What the calls below have made of it.
  std::vector<TableRule> ToRules(Rejection rejection) const;

  // Allows exactly those of `allowed` that are of `family`, in kernel form.
  void Allow(const std::vector<IpNetwork>& allowed, Family family);

  // Both return whether anything changed.
  bool Ban(const IpNetwork& source);
  bool Unban(const IpNetwork& source);

  const std::vector<IpNetwork>& allowed() const { return allowed_; }
  const std::vector<IpNetwork>& banned() const { return banned_; }
  bool IsBanned(const IpNetwork& source) const {
    return is_banned_.contains(source);
  }

  // How the chain refuses; nullopt while it refuses nobody.
  std::optional<Rejection> rejection() const { return rejection_; }

 private:
  std::vector<IpNetwork> allowed_;
  std::vector<IpNetwork> banned_;  // In the order of the rules.
  absl::flat_hash_set<IpNetwork> is_banned_;
  std::optional<Rejection> rejection_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FIREWALL_SOURCE_CHAIN_H_
