#ifndef MXBAN_COORDINATOR_AGENT_QUOTA_H_
#define MXBAN_COORDINATOR_AGENT_QUOTA_H_

// How much each server may report, so that one that is broken or hijacked
// takes no more than its share.
//
// A server may report so many failures a second for ever, and what it did not
// use of the last minute at once. A report larger than that passes when nothing
// was used. Nothing is lost by a refusal: the agent sends again.
//
// Time is an argument. Memory is bounded: a server that used nothing of the
// last minute is not remembered, and beyond kMaxServers all share one quota.
//
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace mxban {

class AgentQuota {
 public:
  static constexpr absl::Duration kBurst = absl::Minutes(1);
  static constexpr size_t kMaxServers = 100'000;

  // `rate` a second; 0: there is no limit.
  explicit AgentQuota(double rate) : rate_(rate) {}

  enum class Verdict {
    kGranted,
    kExceeded,  // The first time within a minute, which is worth saying.
    kExceededAgain,
  };

  // Whether `server` may report `count` failures at `now`. REQUIRES: `count` is
  // positive.
  Verdict Take(const std::string& server, size_t count, absl::Time now);

  double rate() const { return rate_; }

  // How many reports were refused, since construction.
  uint64_t exceeded() const;

 private:
  struct Account {
    // When all that was used is given back; a server may be ahead by kBurst.
    absl::Time free_time = absl::InfinitePast();
    absl::Time warning_time = absl::InfinitePast();
  };

  Account& AccountOf(const std::string& server, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const double rate_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Account> accounts_ ABSL_GUARDED_BY(mutex_);
  Account shared_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  uint64_t exceeded_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AGENT_QUOTA_H_
