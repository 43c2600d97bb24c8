#ifndef MXBAN_COORDINATOR_BAN_RATE_H_
#define MXBAN_COORDINATOR_BAN_RATE_H_

// Counts the bans that each jail imposed lately, exactly: in the minute that
// ends now, open at its old end.
//
// Time is an argument, never read from a clock. Memory is bounded by the turns
// of the decision loop in a minute.
//
// Thread-compatible.

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "coordinator/recent_count.h"

namespace mxban {

class BanRate {
 public:
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  // Notes that `jail` imposed `count` bans at `time`.
  void Add(const std::string& jail, absl::Time time, uint64_t count);

  // How many bans of `jail` lie within the minute that ends at `now`.
  uint64_t CountAt(const std::string& jail, absl::Time now) const;

 private:
  absl::flat_hash_map<std::string, RecentCount> imposed_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_RATE_H_
