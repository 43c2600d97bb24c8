#ifndef MXBAN_COORDINATOR_RAILS_H_
#define MXBAN_COORDINATOR_RAILS_H_

// Asks the rails of a jail about a ban that no operator has asked for: is it
// imposed, or held until one looks at it, and why. A fleet-wide ban is a
// fleet-wide outage if it is wrong.
//
// Owned by the decision loop. What a turn imposes counts once it is durable, so
// that a turn that fails leaves no trace.
//
// Thread-compatible.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/jail.h"
#include "coordinator/recent_count.h"
#include "coordinator/right_logins.h"
#include "coordinator/turn.h"

namespace mxban {

// That a ban is held.
struct Hold {
  std::string rail;    // The option of the jail that sets it.
  std::string reason;  // For people.
};

class Rails {
 public:
  // By jail.
  using RecentCounts = absl::flat_hash_map<std::string, RecentCount>;

  // `right_logins` tells who is a good sender, and must outlive the rails.
  explicit Rails(const RightLogins& right_logins)
      : right_logins_(right_logins) {}

  // Starts with the bans that stand. REQUIRES: the right logins are known. One
  // that an operator has released counts, too: nothing tells it from others.
  void Load(const std::vector<Ban>& bans, absl::Time now);

  // Why `ban`, a new one of `jail`, is held; nullopt if it is imposed.
  std::optional<Hold> Judge(const Turn& turn, const Jail& jail,
                            const Ban& ban) const;

  // `turn` is durable.
  void Publish(const Turn& turn);

 private:
  std::optional<Hold> JudgeRate(const Turn& turn, const Jail& jail) const;
  std::optional<Hold> JudgeGoodShare(const Turn& turn, const Jail& jail,
                                     const Ban& ban) const;

  const RightLogins& right_logins_;
  // The bans that no operator asked for, by jail, within the window of the rail
  // that asks: all, and those of good senders.
  RecentCounts imposed_, good_imposed_;
  // When it was last said in the log that a rail of a jail holds bans.
  absl::flat_hash_map<std::pair<std::string, std::string>, absl::Time> said_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RAILS_H_
