#ifndef MXBAN_COORDINATOR_HELD_BANS_H_
#define MXBAN_COORDINATOR_HELD_BANS_H_

// The decisions that a rail holds back until an operator releases or drops
// them. Each goes by itself when the ban would have been over.
//
// Like BanTable, only the decision loop changes it, and only after the change
// is durable: a turn collects what it changes (Turn::held), and Publish() makes
// that visible. Memory is bounded: beyond kMostHeld the oldest are dropped.
//
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "coordinator/rail_records.h"
#include "coordinator/turn.h"

namespace mxban {

// Which held bans are meant.
struct HeldSelection {
  std::optional<IpNetwork> source;  // On it or around it; none: all.
  std::string jail;                 // Empty: of all jails.

  bool Matches(const BanKey& key) const {
    return (!source || key.source.Contains(*source)) &&
           (jail.empty() || key.jail == jail);
  }
};

// NOT_FOUND, for people.
absl::Status NothingHeld(const HeldSelection& selection);

// `held` once its source has earned the ban `later` as well: what is known of
// it grows, how long it is held does not.
HeldBan Refreshed(HeldBan held, const Ban& later);

// The ban that an operator releases at `now`: as long as it would have been.
Ban Released(const HeldBan& held, absl::Time now);

class HeldBans {
 public:
  static constexpr size_t kMostHeld = 100'000;

  explicit HeldBans(size_t most_held = kMostHeld) : most_held_(most_held) {}

  // Starts with what the store holds.
  void Load(const std::vector<HeldBan>& held);

  // What is held once `turn` is over.
  std::optional<HeldBan> Find(const Turn& turn, const BanKey& key) const;
  std::vector<HeldBan> Select(const Turn& turn,
                              const HeldSelection& selection) const;

  // Drops in `turn` what is over by then, and the oldest of what is too many.
  void Bound(Turn& turn) const;

  // `turn` is durable.
  void Publish(const Turn& turn);

  size_t size() const;
  std::optional<HeldBan> Find(const BanKey& key) const;

  // Returns up to `limit` behind `after`, ordered by jail and source.
  std::vector<HeldBan> List(const std::optional<BanKey>& after,
                            size_t limit) const;

  // How many different sources are meant.
  uint64_t CountSources(const HeldSelection& selection) const;

  // When the next one goes, or InfiniteFuture().
  absl::Time NextExpiry() const;

 private:
  using ByTime = std::set<std::pair<absl::Time, BanKey>>;

  void Insert(const HeldBan& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const BanKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_held_;

  mutable absl::Mutex mutex_;
  absl::btree_map<BanKey, HeldBan> held_ ABSL_GUARDED_BY(mutex_);
  ByTime by_age_ ABSL_GUARDED_BY(mutex_);
  ByTime by_expiry_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_HELD_BANS_H_
