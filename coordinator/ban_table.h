#ifndef MXBAN_COORDINATOR_BAN_TABLE_H_
#define MXBAN_COORDINATOR_BAN_TABLE_H_

// The jails and bans in force: what every reader on the coordinator sees.
//
// Only the decision loop changes the table, and only after the change is
// durable, so nobody ever sees a ban that a restart would take back. Changes
// that agents must hear of take the next revision; a ban that merely expires
// does not, because agents have clocks too.
//
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/ban.h"
#include "common/jail.h"

namespace mxban {

// All jails, by name.
using JailSet = absl::btree_map<std::string, Jail>;

class BanTable {
 public:
  enum class ChangeKind { kImposed, kPardoned, kExpired };

  struct Change {
    ChangeKind kind;
    Ban ban;  // As it is now; of one that ended, as it was.
  };

  struct Update {
    uint64_t revision = 0;                 // Of the table after this update.
    absl::Time time;                       // When it was decided.
    std::shared_ptr<const JailSet> jails;  // Null if they stay as they are.
    std::vector<Change> changes;
  };

  // Hears of every update, from the decision loop's thread; listeners are told
  // in the order in which they were added. Must not call AddListener() or
  // RemoveListener().
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnUpdate(const Update& update) = 0;
  };

  struct Snapshot {
    uint64_t revision = 0;
    std::shared_ptr<const JailSet> jails;
    std::vector<StandingBan> bans;
  };

  // Starts with what the store holds.
  void Load(uint64_t revision, std::shared_ptr<const JailSet> jails,
            std::vector<Ban> bans);

  // Makes `update` visible, then tells the listeners.
  void Publish(const Update& update);

  // A listener must be removed before it dies; afterwards it is not called.
  void AddListener(Listener* listener);
  void RemoveListener(Listener* listener);

  uint64_t revision() const;
  size_t size() const;
  std::shared_ptr<const JailSet> jails() const;
  Snapshot GetSnapshot() const;
  std::optional<Ban> Find(const BanKey& key) const;

  // Returns up to `limit` bans behind `after`, ordered by jail and source;
  // of `jail` only, unless it is empty.
  std::vector<Ban> List(const std::optional<BanKey>& after, size_t limit,
                        const std::string& jail) const;

  // Returns the bans on `source` itself and on networks around it; of `jail`
  // only, unless it is empty.
  std::vector<Ban> Covering(const IpNetwork& source,
                            const std::string& jail) const;

  // Returns the bans that match, and how many different sources they are on.
  // `matches` must not call the table.
  using Match = absl::FunctionRef<bool(const Ban&)>;
  std::vector<Ban> Select(Match matches) const;
  uint64_t CountSources(Match matches) const;

  // How many bans of `jail` stand, and by what origin.
  using OriginCounts = absl::btree_map<BanOrigin, size_t>;
  size_t CountOf(const std::string& jail) const;
  OriginCounts CountsByOrigin(const std::string& jail) const;

  // When the next ban ends, or InfiniteFuture().
  absl::Time NextExpiry() const;

  // The bans with expire_time <= `now`.
  std::vector<Ban> ExpiredBy(absl::Time now) const;

 private:
  void Insert(const Ban& ban) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const BanKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const JailSet> jails_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<JailSet>();
  absl::btree_map<BanKey, Ban> bans_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, BanKey>> by_expiry_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, OriginCounts> counts_
      ABSL_GUARDED_BY(mutex_);

  // Held while listeners run, so that removal waits for them.
  absl::Mutex listeners_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  std::vector<Listener*> listeners_ ABSL_GUARDED_BY(listeners_mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_BAN_TABLE_H_
