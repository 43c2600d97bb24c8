#ifndef MXBAN_COORDINATOR_FLEET_COUNTER_H_
#define MXBAN_COORDINATOR_FLEET_COUNTER_H_

// Counts the failures of every source in every jail, over the whole fleet.
//
// In a jail that escalates, a failure of a source that was banned before counts
// as several (escalation.h); how often it was, the store knows.
//
// What is forgotten here, for want of room or because it matters no more, the
// turn forgets as well: so the store holds little more than the counter, and a
// restart counts the same.
//
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/ban_policy.h"
#include "common/failure_counter.h"
#include "common/jail.h"
#include "coordinator/ban_store.h"
#include "coordinator/ban_table.h"
#include "coordinator/pardons.h"
#include "coordinator/right_logins.h"
#include "coordinator/turn.h"

namespace mxban {

class FleetCounter {
 public:
  // `store` must outlive the counter. At most `max_sources` are tracked in each
  // jail.
  FleetCounter(BanStore& store, size_t max_sources)
      : store_(store), max_sources_(max_sources) {}

  // Starts again with `failures`, oldest first, of those of `jails`, but for
  // what `right_logins` forgive and what was pardoned.
  absl::Status CountAgain(Turn& turn, const JailSet& jails,
                          const std::vector<StoredFailure>& failures,
                          const RightLogins& right_logins,
                          const Pardons& pardons);

  // Counts a failure of `key` in `jail` that `server` saw, a login of `user`
  // (empty: of nobody), and says what its source has done by now; nothing
  // random is in it. Errors are those of the store.
  absl::StatusOr<Offence> Record(Turn& turn, const Jail& jail,
                                 const BanKey& key, absl::Time time,
                                 absl::string_view server,
                                 absl::string_view user);

  // See FailureCounter.
  void LookFor(const Jail& jail, const IpNetwork& source) {
    CounterOf(jail).LookFor(source);
  }

  // Of the failures of `key` that are stored, those that are too many go: more
  // are kept than count, for beside them there may be some that are forgiven.
  // Whoever has one password could make any number of these.
  static constexpr size_t kRoomForForgiven = 100;
  void Trim(Turn& turn, const Jail& jail, const BanKey& key);

  // Starts `key` afresh, because it was banned or pardoned.
  void Forget(const BanKey& key);

  // Forgets the failures of `user`, who has logged in rightly.
  void Forgive(const BanKey& key, absl::string_view user);

  // Forgets what cannot count any more, some at a time. Call it once a second.
  void ForgetStale(Turn& turn);

  uint64_t tracked_sources() const;

  // For want of room, since construction.
  uint64_t evicted_sources() const;

 private:
  FailureCounter& CounterOf(const Jail& jail);

  // How many bans of `key` are over, as far as `jail` wants to know.
  absl::StatusOr<uint32_t> EarlierBans(const Turn& turn, const Jail& jail,
                                       const BanKey& key);

  BanStore& store_;
  const size_t max_sources_;
  absl::flat_hash_map<std::string, std::unique_ptr<FailureCounter>> counters_;
  FailureCounter* newest_ = nullptr;  // That was asked for last,
  std::string newest_jail_;           // and its jail.
  uint64_t evicted_before_ = 0;       // By counters that are gone.
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_FLEET_COUNTER_H_
