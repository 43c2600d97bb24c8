#ifndef MXBAN_AGENT_REACTION_TIMES_H_
#define MXBAN_AGENT_REACTION_TIMES_H_

// How long it takes from a line to the kernel that refuses its source, by way
// of the coordinator: what mxban promises, measured by one clock.
//
// Stands before the counter that is told of every failure, and notes when its
// line was read. Once the coordinator has imposed a ban on the source, and the
// kernel enforces it, the time since is observed. A failure that was recorded
// and led to no ban is forgotten a second later: a ban that comes then is owed
// to somebody else's line. At most kMaxWatched sources are watched at a time,
// so that a flood is sampled and costs little.
//
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/local_counter.h"
#include "common/ban.h"
#include "common/metrics.h"
#include "mxban/v1/agent_service.pb.h"
#include "prometheus/histogram.h"

namespace mxban {

class ReactionTimes final : public LocalCounter {
 public:
  static constexpr size_t kMaxWatched = 1'024;
  static constexpr absl::Duration kPatience = absl::Minutes(1);
  static constexpr absl::Duration kGrace = absl::Seconds(1);

  // Hands on what it is told to `next`, which must outlive this. `uptime` is by
  // a clock that nobody sets.
  ReactionTimes(LocalCounter& next, std::function<absl::Duration()> uptime)
      : next_(next), uptime_(std::move(uptime)) {}

  void Count(const Jail& jail, const std::string& log_id,
             const std::vector<Finding>& findings) override;
  void ForgetLog(const std::string& jail, const std::string& log_id) override;

  // The coordinator has recorded the log up to `offset`, and decided.
  void OnAcknowledged(const std::string& jail, const std::string& log_id,
                      uint64_t offset);

  // The coordinator says `delta`, which takes us to `revision`; 0 if it goes on
  // in the next one. Before the kernel can enforce it.
  void OnDelta(const v1::BanDelta& delta, uint64_t revision);

  // The kernel enforces `revision`.
  void OnEnforced(uint64_t revision);

  const prometheus::Histogram& seconds() const { return seconds_; }

 private:
  // What becomes of the newest failure of a source.
  struct Watched {
    absl::Duration read;  // When its line was.
    std::string log_id;
    uint64_t end_offset = 0;
    absl::Duration forget_at = absl::InfiniteDuration();
    bool is_banned = false;
    uint64_t revision = 0;  // With the ban; 0: of a delta that goes on.
  };

  void Watch(const BanKey& key, const std::string& log_id, uint64_t end_offset,
             absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOld(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LocalCounter& next_;
  const std::function<absl::Duration()> uptime_;
  prometheus::Histogram seconds_{LatencyBuckets()};

  absl::Mutex mutex_;
  absl::flat_hash_map<BanKey, Watched> watched_ ABSL_GUARDED_BY(mutex_);
  absl::Duration next_look_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_REACTION_TIMES_H_
