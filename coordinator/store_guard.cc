#include "coordinator/store_guard.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mxban {
namespace {

absl::Status OutOfUse() {
  return absl::UnavailableError("the store is not sound, and out of use");
}

}  // namespace

absl::StatusOr<StoreContents> StoreGuard::Load() {
  if (!status().ok()) return OutOfUse();
  absl::StatusOr<StoreContents> contents = store_->Load();
  RETURN_IF_ERROR(Judge(contents.status()));
  return contents;
}

absl::Status StoreGuard::Commit(const StoreChange& change) {
  if (!status().ok()) return OutOfUse();
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status committed = store_->Commit(change);
  commit_seconds_.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count());
  return Judge(committed);
}

absl::StatusOr<std::vector<StoredFailure>> StoreGuard::FailuresOf(
    const BanKey& key, size_t limit) {
  if (!status().ok()) return OutOfUse();
  absl::StatusOr<std::vector<StoredFailure>> failures =
      store_->FailuresOf(key, limit);
  RETURN_IF_ERROR(Judge(failures.status()));
  return failures;
}

absl::StatusOr<BanCounts> StoreGuard::BanCountsOf(const BanKey& key) {
  if (!status().ok()) return OutOfUse();
  absl::StatusOr<BanCounts> counts = store_->BanCountsOf(key);
  RETURN_IF_ERROR(Judge(counts.status()));
  return counts;
}

absl::StatusOr<std::vector<AuditRecord>> StoreGuard::AuditPage(
    const AuditQuery& query) {
  if (!status().ok()) return OutOfUse();
  absl::StatusOr<std::vector<AuditRecord>> records = store_->AuditPage(query);
  RETURN_IF_ERROR(Judge(records.status()));
  return records;
}

absl::StatusOr<std::vector<AuditRecord>> StoreGuard::AuditAfter(uint64_t id,
                                                                size_t limit) {
  if (!status().ok()) return OutOfUse();
  absl::StatusOr<std::vector<AuditRecord>> records =
      store_->AuditAfter(id, limit);
  RETURN_IF_ERROR(Judge(records.status()));
  return records;
}

absl::Status StoreGuard::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

absl::Status StoreGuard::Judge(const absl::Status& outcome) {
  if (!absl::IsDataLoss(outcome)) return outcome;
  {
    absl::MutexLock lock(&mutex_);
    status_ = absl::DataLossError(
        absl::StrCat(outcome.message(), "; the next start sets it aside"));
  }
  on_lost_();
  return OutOfUse();
}

}  // namespace mxban
