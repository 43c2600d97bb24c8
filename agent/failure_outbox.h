#ifndef MXBAN_AGENT_FAILURE_OUTBOX_H_
#define MXBAN_AGENT_FAILURE_OUTBOX_H_

// The failures and right logins that the coordinator has not acknowledged yet.
//
// The log itself is the spool: the outbox is bounded, and when it is full the
// log reader simply waits with the next line. After a reconnection everything
// unacknowledged is sent again; the coordinator knows what it has seen.
//
// Thread-safe: the log reader adds, the coordinator link takes.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "common/ban.h"

namespace mxban {

class FailureOutbox {
 public:
  explicit FailureOutbox(size_t capacity) : capacity_(capacity) {}

  // Called, without locks held, when there is something to send, and when there
  // is room again after a refusal. Set before use.
  void SetCallbacks(std::function<void()> on_failure,
                    std::function<void()> on_room);

  // Called, without locks held, with what the coordinator has recorded. Set
  // before use.
  using OnAcknowledged = std::function<void(
      const std::string& jail, const std::string& log_id, uint64_t offset)>;
  void SetOnAcknowledged(OnAcknowledged on_acknowledged) {
    on_acknowledged_ = std::move(on_acknowledged);
  }

  // Adds what one line tells, unless it was added before or recorded. False if
  // there is no room for it. REQUIRES: lines come in their order, but for those
  // that come again.
  bool Add(const std::string& jail, const std::string& log_id,
           std::vector<Finding> findings);

  // What to send next, at most `max_findings` of either kind together unless
  // one line has more; none if all is sent. It stays here until it is
  // acknowledged.
  std::optional<FailureBatch> Take(size_t max_findings);

  // The coordinator has recorded this log up to `offset`.
  void Acknowledge(const std::string& jail, const std::string& log_id,
                   uint64_t offset);

  // Everything unacknowledged is to be sent again.
  void Rewind();

  // Whether the coordinator has recorded this log up to `offset`.
  bool IsAcknowledged(const std::string& jail, const std::string& log_id,
                      uint64_t offset) const;

  // Nothing comes from this log again. REQUIRES: it is settled.
  void ForgetLog(const std::string& jail, const std::string& log_id);

  // Whether half of the room is free.
  bool HasRoom() const;

  // Whether nothing of this log waits for acknowledgement.
  bool IsSettled(const std::string& jail, const std::string& log_id) const;

  // The highest acknowledged offset of each (jail, log).
  using Key = std::pair<std::string, std::string>;
  absl::btree_map<Key, uint64_t> acknowledged() const;

  size_t size() const;

  // How many findings were added since construction, and how many of them wait
  // for acknowledgement.
  struct Tally {
    uint64_t added = 0;
    uint64_t waiting = 0;
  };
  Tally tally() const;

 private:
  struct Lane {
    std::deque<Finding> findings;  // Unacknowledged, in the order of lines.
    size_t sent = 0;
    uint64_t acknowledged = 0;
  };

  const size_t capacity_;
  std::function<void()> on_failure_;
  std::function<void()> on_room_;
  OnAcknowledged on_acknowledged_;

  mutable absl::Mutex mutex_;
  absl::btree_map<Key, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  Key last_taken_ ABSL_GUARDED_BY(mutex_);  // Lanes take turns.
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_FAILURE_OUTBOX_H_
