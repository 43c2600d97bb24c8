#ifndef MXBAN_AGENT_LOCAL_BANS_H_
#define MXBAN_AGENT_LOCAL_BANS_H_

// The bans that a server imposes by itself while no coordinator answers it.
//
// Every failure is counted here as the coordinator counts it, but of this
// server alone. Who passes a jail's limit is the coordinator's to ban. If it
// has not acknowledged the failure within kPatience, or if there is none, the
// ban is imposed here, and handed over as soon as a coordinator answers again.
// Right logins forgive failures here as they do there (good_senders.h), but
// only those that this server has seen.
//
// Where a jail wants several servers to have seen a source (`minservers`), one
// that is alone cannot know, and never bans.
//
// The bans outlive the agent in a file that its owner keeps (bans(), Load()).
//
// Times are the coordinator's; those of failures are made so.
//
// Thread-safe.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/enforcer.h"
#include "agent/failure_outbox.h"
#include "agent/fleet_clock.h"
#include "agent/local_counter.h"
#include "common/ban.h"
#include "common/failure_counter.h"
#include "common/good_senders.h"
#include "common/jail.h"

namespace mxban {

class LocalBans final : public LocalCounter {
 public:
  // How long a coordinator may take to acknowledge what earns a ban.
  static constexpr absl::Duration kPatience = absl::Seconds(1);

  // At most so many stand until they are handed over, and so many sources are
  // counted in each jail.
  static constexpr size_t kMaxBans = 10'000;
  static constexpr size_t kMaxSources = 100'000;

  // So many users of each jail are known by their right logins.
  static constexpr size_t kMaxUsers = 100'000;

  struct Statistics {
    size_t bans = 0;           // That are not handed over.
    uint64_t imposed = 0;      // Since construction.
    uint64_t turned_away = 0;  // For want of room.
  };

  // All must outlive this.
  LocalBans(const FailureOutbox& outbox, Enforcer& enforcer,
            const FleetClock& clock)
      : outbox_(outbox), enforcer_(enforcer), clock_(clock) {}

  // Enforces what an earlier run has left.
  void Load(const std::vector<Ban>& bans);

  void Count(const Jail& jail, const std::string& log_id,
             const std::vector<Finding>& findings) override;
  void ForgetLog(const std::string& jail, const std::string& log_id) override;

  // Whether nobody can be asked: then bans are imposed at once. Not before the
  // first attempt to reach a coordinator has failed.
  void SetAlone(bool is_alone);

  // Imposes what nobody has acknowledged in time, forgets bans that are over.
  // Call it once a second.
  void Step();

  // Bans that a coordinator should take over, at most `max_bans`.
  std::vector<Ban> ToHandOver(size_t max_bans) const;

  // A coordinator has taken `bans` over: whoever holds `revision` of its
  // history knows what became of them. It does not want those of `refused`.
  void HandedOver(const std::vector<Ban>& bans, const std::string& history_id,
                  uint64_t revision, const std::vector<BanKey>& refused);

  // All that are not handed over, for the file.
  std::vector<Ban> bans() const;

  // How often they have changed: the same number, the same bans.
  uint64_t changes() const;

  Statistics statistics() const;

 private:
  // A ban that the coordinator should impose.
  struct Verdict {
    Ban ban;
    std::string log_id;
    uint64_t end_offset = 0;
    absl::Time due;
  };

  void CountOne(const Jail& jail, const std::string& log_id, Failure failure,
                absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Record(const Jail& jail, RightLogin login, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FailureCounter& CounterOf(const Jail& jail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  GoodSenders& SendersOf(const Jail& jail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Judge(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Impose(const Ban& ban) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const FailureOutbox& outbox_;
  Enforcer& enforcer_;
  const FleetClock& clock_;

  mutable absl::Mutex mutex_;
  bool is_alone_ ABSL_GUARDED_BY(mutex_) = false;
  absl::btree_map<std::string, std::unique_ptr<FailureCounter>> counters_
      ABSL_GUARDED_BY(mutex_);
  absl::btree_map<std::string, std::unique_ptr<GoodSenders>> senders_
      ABSL_GUARDED_BY(mutex_);
  // By jail and log: lines up to here are counted.
  absl::btree_map<std::pair<std::string, std::string>, uint64_t> counted_
      ABSL_GUARDED_BY(mutex_);
  std::deque<Verdict> verdicts_ ABSL_GUARDED_BY(mutex_);  // By their due time.
  absl::btree_map<BanKey, Ban> bans_ ABSL_GUARDED_BY(mutex_);
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;  // Of bans_.
  Statistics statistics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOCAL_BANS_H_
