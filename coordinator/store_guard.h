#ifndef MXBAN_COORDINATOR_STORE_GUARD_H_
#define MXBAN_COORDINATOR_STORE_GUARD_H_

// A store that takes itself out of use once it turns out not to be sound.
//
// From then on every call answers UNAVAILABLE without touching the files: what
// is damaged is not written to, and nobody is told that anything is durable.
// The next start sets the store aside (open_store.h).
//
// Used by one thread, as the store is; status() and commit_seconds() by any.

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics.h"
#include "coordinator/ban_store.h"
#include "prometheus/histogram.h"

namespace mxban {

class StoreGuard final : public BanStore {
 public:
  // `on_lost` is called once, from the thread that uses the store; it must not
  // block.
  StoreGuard(std::unique_ptr<BanStore> store, std::function<void()> on_lost)
      : store_(std::move(store)), on_lost_(std::move(on_lost)) {}

  absl::StatusOr<StoreContents> Load() override;
  absl::Status Commit(const StoreChange& change) override;
  absl::StatusOr<std::vector<StoredFailure>> FailuresOf(const BanKey& key,
                                                        size_t limit) override;
  absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) override;
  absl::StatusOr<std::vector<AuditRecord>> AuditPage(
      const AuditQuery& query) override;
  absl::StatusOr<std::vector<AuditRecord>> AuditAfter(uint64_t id,
                                                      size_t limit) override;

  // DATA_LOSS, and why, once the store is out of use.
  absl::Status status() const;

  // How long commits took, failed ones included.
  const prometheus::Histogram& commit_seconds() const {
    return commit_seconds_;
  }

 private:
  // What is to be answered instead of `outcome`.
  absl::Status Judge(const absl::Status& outcome);

  const std::unique_ptr<BanStore> store_;
  const std::function<void()> on_lost_;
  prometheus::Histogram commit_seconds_{LatencyBuckets()};

  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_STORE_GUARD_H_
