#ifndef MXBAN_COORDINATOR_CALL_LIMITS_H_
#define MXBAN_COORDINATOR_CALL_LIMITS_H_

// How many calls each server has open, so that none opens more than an agent
// needs: one of each kind, and some that were cut off and are not noticed yet.
// A call that says nothing counts as any other.
//
// A server takes memory only while it has a call open.
//
// Thread-safe.

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace mxban {

class CallLimits {
 public:
  enum class Kind { kReportFailures, kWatch, kHandOverBans };

  // The most of each kind at once.
  static constexpr std::array<int, 3> kLimits = {4, 4, 1};

  // A call that counts as open until it ends, at the latest with this.
  class Call {
   public:
    Call(CallLimits& limits, std::string server, Kind kind)
        : limits_(limits), server_(std::move(server)), kind_(kind) {}
    ~Call() { End(); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void End() {
      if (is_open_.exchange(false)) limits_.End(server_, kind_);
    }

   private:
    CallLimits& limits_;
    const std::string server_;
    const Kind kind_;
    std::atomic<bool> is_open_ = true;
  };

  // RESOURCE_EXHAUSTED if `server` has as many open as it may. The call must
  // not outlive this.
  absl::StatusOr<std::shared_ptr<Call>> Begin(const std::string& server,
                                              Kind kind);

 private:
  void End(const std::string& server, Kind kind);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::array<int, kLimits.size()>> open_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_COORDINATOR_CALL_LIMITS_H_
