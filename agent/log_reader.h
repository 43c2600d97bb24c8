#ifndef MXBAN_AGENT_LOG_READER_H_
#define MXBAN_AGENT_LOG_READER_H_

// Reads the logs of all jails and puts the failures they tell into the outbox.
//
// Each log is read once, however many jails watch it. A thread of its own
// sleeps until there is news of a log, the jails change or the outbox has
// room again; once a second it looks anyway, for what nobody tells of.
//
// Thread-safe, but for Poll() and FindLogs().

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "agent/failure_outbox.h"
#include "agent/jail_logs.h"
#include "agent/jail_positions.h"
#include "agent/local_counter.h"
#include "agent/log_news.h"
#include "agent/log_watcher.h"
#include "agent/name_resolver.h"
#include "agent/position_file.h"
#include "agent/watched_log.h"
#include "common/clock.h"
#include "common/jail.h"
#include "common/name_lookup.h"
#include "filter/local_zone.h"

namespace mxban {

class LogReader {
 public:
  // Since construction.
  struct Statistics : LogWatcher::Counts {
    uint64_t lines = 0;
    uint64_t open_logs = 0;
    std::chrono::nanoseconds reading_time{0};  // Matching included.
  };

  struct Options {
    // Begin here in logs that are known; in others with the oldest line that
    // can still count.
    LogPositions positions;
    JailLogs::Replacements log_paths;
    // Of stamps that name none.
    absl::TimeZone time_zone = LocalZone();
    // Whose failures do not count where a jail has `ignoreself`.
    std::vector<IpNetwork> own_addresses;
    NameResolver::Lookup look_up_name = LookUpName;
  };

  // All must outlive the reader.
  LogReader(FailureOutbox& outbox, LocalCounter& local_counter,
            const Clock& clock, Options options);
  ~LogReader();

  // Starts the thread; without it, Poll() is the caller's to call.
  absl::Status Start();
  void Stop();

  // Watches the logs of `jails` from now on. A filter that does not compile
  // leaves its jail out and is logged: the coordinator has compiled it before.
  void SetJails(std::vector<Jail> jails);

  // Replaces Options::own_addresses.
  void SetOwnAddresses(std::vector<IpNetwork> addresses);

  // Whether nobody empties the outbox: then lines are read ahead when it is
  // full, and read again when there is room.
  void SetAlone(bool is_alone);

  // Looks at once. Callable from any thread and from callbacks.
  void Wake();

  // Reads all that is there. False if a line has to wait: for room in the
  // outbox, or for a name's addresses.
  bool Poll();

  // Looks for logs that have come to match a jail's patterns. Like Poll(), the
  // thread's own.
  void FindLogs();

  Statistics statistics() const;

  // Everything before these positions is acknowledged or told no failure.
  LogPositions SafePositions() const;

 private:
  void Loop();
  void WaitForNews();
  void ApplyJails();
  void ApplyOwnAddresses();
  void AddWatcher(const Jail& jail, const std::string& name);
  void AddEye(WatchedLog& log, LogWatcher watcher, const std::string& name);
  // Keeps the watchers of jails that still name the log, with what they know.
  void KeepWatchers(const std::string& name, WatchedLog& log);
  void PollLog(WatchedLog& log);
  bool ReadLine(WatchedLog& log, const LogLine& line);
  size_t ReadBlock(WatchedLog& log, absl::string_view lines, uint64_t offset);
  // Begins again where the logs were read ahead.
  void ReadAgain();
  bool WatchFiles();  // True: more of them is watched, and not read since.

  FailureOutbox& outbox_;
  LocalCounter& local_counter_;
  const Clock& clock_;
  const Options options_;
  const JailLogs jail_logs_;
  std::atomic<bool> is_alone_ = false;
  std::atomic<bool> stopping_ = false;
  LogNews news_;
  std::vector<IpNetwork> own_addresses_;  // The thread's that polls.
  NameResolver names_;  // Wakes the thread; ends before `news_`.
  const LogWatcher::Surroundings surroundings_;

  // Owned by the thread that polls.
  std::vector<Jail> jails_;
  std::set<std::string> broken_jails_;  // Whose filter does not compile here.
  JailPositions positions_;
  WatchedLogs logs_;  // Their guides know `positions_`.
  Statistics counts_;

  mutable absl::Mutex mutex_;
  std::unique_ptr<std::vector<Jail>> new_jails_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::vector<IpNetwork>> new_own_addresses_
      ABSL_GUARDED_BY(mutex_);
  Statistics statistics_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_READER_H_
