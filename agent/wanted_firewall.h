#ifndef MXBAN_AGENT_WANTED_FIREWALL_H_
#define MXBAN_AGENT_WANTED_FIREWALL_H_

// What a server's firewall should be, made of the jails in force, the bans that
// are wanted and what is never banned here, and how what it is differs from
// that.
//
// Of a jail that is a dry run, or while the fleet is paused, it has nothing:
// the bans are held as ever, and enforced once that is over.
//
// Thread-compatible.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "agent/firewall/firewall.h"
#include "agent/wanted_bans.h"
#include "common/ban.h"
#include "common/jail.h"

namespace mxban {

class WantedFirewall {
 public:
  // Bans on what lies within `never_ban` are held, but not enforced.
  explicit WantedFirewall(std::vector<IpNetwork> never_ban)
      : never_ban_(std::move(never_ban)), bans_(never_ban_) {}

  // False if nothing has changed by that.
  bool SetJails(std::vector<Jail> jails);

  void SetNeverBan(std::vector<IpNetwork> never_ban);

  WantedBans& bans() { return bans_; }
  const WantedBans& bans() const { return bans_; }

  // Whether jails were ever set.
  bool has_jails() const { return has_jails_; }

  // How many bans should be in force: not spared, and of no dry run.
  size_t CountEnforced() const;

  // The bans that have changed since the last call.
  FirewallChanges TakeChanges();

  // What makes `actual`, inspected with its bans, what it should be. Jails that
  // somebody is trying a backend out with stay if `probes_stay`.
  FirewallChanges Difference(FirewallState actual, bool probes_stay,
                             absl::Time now) const;

  // Whether the rules of `actual` are what they should be, and no ban is
  // missing as far as counting tells.
  bool RulesStand(const FirewallState& actual, absl::Time now) const;

 private:
  // The ban in the firewall's words; false if there is nothing to enforce.
  bool ToFirewall(const BanKey& key, absl::Time expire_time,
                  FirewallBan& ban) const;
  JailRules RulesOf(const Jail& jail) const;
  void ImposeMissing(FirewallState& actual, absl::Time now,
                     FirewallChanges& changes) const;

  std::vector<IpNetwork> never_ban_;
  WantedBans bans_;
  absl::btree_map<std::string, Jail> jails_;
  bool has_jails_ = false;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_WANTED_FIREWALL_H_
