#ifndef MXBAN_COORDINATOR_RECENT_FAILURES_H_
#define MXBAN_COORDINATOR_RECENT_FAILURES_H_

// Who failed most lately: by source and by server.
//
// The newest failures that counted are remembered one by one, so what is said
// of them is exact; of how long ago they are is said with it. Bans do not go by
// it, and a restart begins anew.
//
// Thread-safe. Remembering is cheap; whoever asks does the counting.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/ip_network.h"
#include "coordinator/failure_report.h"

namespace mxban {

struct FailureSummary {
  struct Source {
    IpNetwork source;
    uint64_t failure_count = 0;
    absl::btree_set<std::string> servers, jails;  // Where it failed.
    absl::Time newest;                            // When one counted last.
  };
  struct Server {
    std::string name;
    uint64_t failure_count = 0;
    uint64_t source_count = 0;
  };

  // Everything from here on is taken into account; the infinite past if nothing
  // was forgotten yet.
  absl::Time since = absl::InfinitePast();
  uint64_t failure_count = 0;
  uint64_t source_count = 0;
  // Those with most failures first; equals by source and by name.
  std::vector<Source> sources;
  std::vector<Server> servers;
};

class RecentFailures {
 public:
  // What is remembered at least, and at most one report more: some 2 MiB.
  static constexpr size_t kMemory = 65'536;

  // Which failures to sum up.
  struct Selection {
    absl::Time since = absl::InfinitePast();  // When they counted.
    std::string jail;                         // Empty: all.
    size_t limit = 10;  // Of the sources, and of the servers.
  };

  // The failures of `report` have counted at `now`.
  void Add(const FailureReport& report, absl::Time now);

  FailureSummary Summarize(const Selection& selection) const;

 private:
  // What one report told.
  struct Batch {
    std::string server;
    std::string jail;
    absl::Time time;
    std::vector<IpNetwork> sources;  // Of each failure.
  };
  using Batches = std::vector<std::shared_ptr<const Batch>>;

  static void SumUpSources(const Batches& batches, size_t limit,
                           FailureSummary& summary);
  static void SumUpServers(const Batches& batches, size_t limit,
                           FailureSummary& summary);

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<const Batch>> batches_ ABSL_GUARDED_BY(mutex_);
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;  // Failures in `batches_`.
  // When the newest that is forgotten counted.
  absl::Time forgotten_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_RECENT_FAILURES_H_
