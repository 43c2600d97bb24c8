#ifndef MXBAN_AGENT_JAIL_POSITIONS_H_
#define MXBAN_AGENT_JAIL_POSITIONS_H_

// Where each jail is in each log that it ever watched, and where it would have
// to begin again if the process died now.
//
// Thread-compatible, but for Safe(), which any thread may call.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/failure_outbox.h"
#include "agent/local_counter.h"
#include "agent/position_file.h"
#include "agent/watched_log.h"

namespace mxban {

class JailPositions {
 public:
  // Goes on from `positions`.
  explicit JailPositions(const LogPositions& positions)
      : positions_(positions), safe_(positions) {}

  // Where `jail` is in the log `log_id`; 0 if it has never read it.
  uint64_t Of(const std::string& jail, const std::string& log_id) const;

  // The logs that jails have read; once for each jail.
  std::vector<std::string> LogIds() const;

  // Notes where the watchers of `log` are.
  void Remember(const WatchedLog& log);

  // Goes back to where to begin again without the watcher of `eye`: what waits
  // in it is lost with it.
  void GoBack(const WatchedLog::Eye& eye) { eye.AddSafePositions(positions_); }

  // Notes where all watchers are, and with it what Safe() says.
  void Publish(const WatchedLogs& logs, const FailureOutbox& outbox);

  // Forgets the logs that are gone, and has `outbox` and `local_counter` forget
  // them: `logs` have looked and not found them, and nothing of them waits for
  // acknowledgement.
  void ForgetGone(const WatchedLogs& logs, FailureOutbox& outbox,
                  LocalCounter& local_counter);

  // Everything before these positions was acknowledged or told no failure when
  // they were last published. They never go back.
  LogPositions Safe() const;

 private:
  LogPositions positions_;

  mutable absl::Mutex mutex_;
  LogPositions safe_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mxban

#endif  // MXBAN_AGENT_JAIL_POSITIONS_H_
