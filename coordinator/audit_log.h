#ifndef MXBAN_COORDINATOR_AUDIT_LOG_H_
#define MXBAN_COORDINATOR_AUDIT_LOG_H_

// Writes what the store says of operators and decisions to a file as well, for
// log collectors: one JSON object per line, in the order of ids.
//
// The store is the truth; the file follows it. A thread of its own fetches what
// is new and writes it, so no decision waits for that disk. If the disk is full
// it says so, tries every second, and misses nothing.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/audit_file.h"
#include "coordinator/audit_record.h"

namespace mxban {

class AuditLog {
 public:
  // BanStore::AuditAfter(), asked from the thread of the log.
  using Fetch = std::function<absl::StatusOr<std::vector<AuditRecord>>(
      uint64_t id, size_t limit)>;

  // Opens the file and writes what it lacks of the history `history_id` from
  // here on. Errors are those of AuditFile::Open(), but for a full disk.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Start(std::string path,
                                                         std::string history_id,
                                                         Fetch fetch);

  ~AuditLog() { Stop(); }

  // Writes what there is and can be written, and no more.
  void Stop();

  // Says that there may be something new, or that the file was renamed away.
  // Thread-safe; never waits for the disk.
  void Wake();

 private:
  AuditLog(std::string path, std::string history_id, Fetch fetch)
      : file_(std::move(path)),
        history_id_(std::move(history_id)),
        fetch_(std::move(fetch)) {}

  void Run();
  absl::Status CatchUp();
  // Where the file has got to in this history.
  uint64_t LastId() const;
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Owned by the thread.
  AuditFile file_;
  const std::string history_id_;
  const Fetch fetch_;
  absl::Status status_;  // Of the last attempt.

  absl::Mutex mutex_;
  bool has_news_ ABSL_GUARDED_BY(mutex_) = true;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_AUDIT_LOG_H_
