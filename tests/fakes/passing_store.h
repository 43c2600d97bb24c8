#ifndef MXBAN_TESTS_FAKES_PASSING_STORE_H_
#define MXBAN_TESTS_FAKES_PASSING_STORE_H_

// A store that passes everything on to another one: who changes a call of it
// writes that call.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/ban_store.h"

namespace mxban {

class PassingStore : public BanStore {
 public:
  explicit PassingStore(std::unique_ptr<BanStore> store)
      : store_(std::move(store)) {}

  absl::StatusOr<StoreContents> Load() override { return store_->Load(); }
  absl::Status Commit(const StoreChange& change) override {
    return store_->Commit(change);
  }
  absl::StatusOr<std::vector<StoredFailure>> FailuresOf(const BanKey& key,
                                                        size_t limit) override {
    return store_->FailuresOf(key, limit);
  }
  absl::StatusOr<BanCounts> BanCountsOf(const BanKey& key) override {
    return store_->BanCountsOf(key);
  }
  absl::StatusOr<std::vector<AuditRecord>> AuditPage(
      const AuditQuery& query) override {
    return store_->AuditPage(query);
  }
  absl::StatusOr<std::vector<AuditRecord>> AuditAfter(uint64_t id,
                                                      size_t limit) override {
    return store_->AuditAfter(id, limit);
  }

 private:
  const std::unique_ptr<BanStore> store_;
};

}  // namespace mxban

#endif  // MXBAN_TESTS_FAKES_PASSING_STORE_H_
