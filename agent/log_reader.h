#ifndef MXBAN_AGENT_LOG_READER_H_
#define MXBAN_AGENT_LOG_READER_H_

// Reads the logs of all jails and puts the failures they tell into the outbox.
//
// Each log is read once, however many jails watch it. A thread of its own
// sleeps until inotify reports a change, the jails change or the outbox has
// room again; once a second it looks anyway, for what inotify cannot see.
//
// Thread-safe, but for Poll().

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/failure_outbox.h"
#include "agent/log_tailer.h"
#include "agent/position_file.h"
#include "common/clock.h"
#include "common/jail.h"
#include "filter/failure_matcher.h"
#include "filter/local_zone.h"

namespace mxban {

class LogReader {
 public:
  // Since construction.
  struct Statistics {
    uint64_t lines = 0;
    uint64_t failures = 0;          // Reported to the outbox.
    uint64_t too_old = 0;           // Failures that can no longer count.
    uint64_t without_address = 0;   // Failures that name no IP address.
    uint64_t regex_limit_hits = 0;  // Lines an expression gave up on.
    uint64_t overlong_lines = 0;
    uint64_t open_logs = 0;
  };

  struct Options {
    // Begin here in logs that are known; others are read from their start.
    LogPositions positions;
    // Paths that replace a jail's own, by jail.
    absl::btree_map<std::string, std::vector<std::string>> log_paths;
    // Of stamps that name none.
    absl::TimeZone time_zone = LocalZone();
  };

  // Both must outlive the reader.
  LogReader(FailureOutbox& outbox, const Clock& clock, Options options);
  ~LogReader();

  // Starts the thread; without it, Poll() is the caller's to call.
  absl::Status Start();
  void Stop();

  // Watches the logs of `jails` from now on. A filter that does not compile
  // leaves its jail out and is logged: the coordinator has compiled it before.
  void SetJails(std::vector<Jail> jails);

  // Looks at once. Callable from any thread and from callbacks.
  void Wake();

  // Reads all that is there. False if the outbox is full.
  bool Poll();

  Statistics statistics() const;

  // Everything before these positions is acknowledged or told no failure.
  LogPositions SafePositions() const;

 private:
  // A jail's eye on one log.
  struct Watcher {
    Jail jail;
    FailureMatcher matcher;
    uint64_t position = 0;   // In the open log: lines up to here are done.
    bool is_double = false;  // Reads the same log by another path already.
  };

  // One log and the jails that watch it.
  struct Source {
    std::unique_ptr<LogTailer> tailer;
    std::vector<Watcher> watchers;
    std::string log_id;   // That the watchers' positions are in.
    int file_watch = -1;  // inotify's number for the log `watched_id`.
    std::string watched_id;
  };

  void Loop();
  // Returns whether there is some, or just time has passed.
  bool WaitForNews();
  void ApplyJails();
  // Opens the logs that the jails name and that are not read yet.
  void FindLogs();
  void AddWatcher(const Jail& jail, const std::string& path);
  // Whether `jail` reads the log already, by another path than `path`.
  bool IsRead(const std::string& log_id, const std::string& jail,
              const std::string& path) const;
  bool ReadLine(Source& source, absl::string_view line, uint64_t end_offset);
  bool Report(Watcher& watcher, const std::string& log_id,
              absl::string_view line, uint64_t end_offset, absl::Time now);
  // Turns the watchers of `path` to another log; returns where to begin.
  uint64_t StartOffset(const std::string& path, const std::string& log_id);
  uint64_t PositionOf(const std::string& jail, const std::string& log_id) const;
  void RememberPositions(const Source& source);
  // Returns whether something is watched, or still absent, that was not read
  // since.
  bool WatchFiles();
  void PublishState();

  FailureOutbox& outbox_;
  const Clock& clock_;
  const Options options_;

  // Owned by the thread that polls.
  std::vector<Jail> jails_;
  absl::btree_map<std::string, Source> sources_;  // By path.
  LogPositions positions_;  // Where each jail is in each log it ever watched.
  Statistics counts_;
  int inotify_fd_ = -1;
  int wake_fd_ = -1;

  mutable absl::Mutex mutex_;
  std::unique_ptr<std::vector<Jail>> new_jails_ ABSL_GUARDED_BY(mutex_);
  Statistics statistics_ ABSL_GUARDED_BY(mutex_);
  LogPositions safe_positions_ ABSL_GUARDED_BY(mutex_);  // Never goes back.

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_READER_H_
