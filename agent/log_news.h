#ifndef MXBAN_AGENT_LOG_NEWS_H_
#define MXBAN_AGENT_LOG_NEWS_H_

// Sleeps until there may be something new in logs: inotify tells of files, and
// whatever else can be polled of itself.
//
// Thread-compatible, but for Wake().

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mxban {

class LogNews {
 public:
  LogNews();
  ~LogNews();

  LogNews(const LogNews&) = delete;
  LogNews& operator=(const LogNews&) = delete;

  // RESOURCE_EXHAUSTED if the system gives no inotify, or no more of it.
  const absl::Status& status() const { return status_; }

  // Ends Wait(), at once or the next one. Callable from any thread and from
  // callbacks.
  void Wake();

  // Waits for news of what is watched, until one of `readable` is, or Wake().
  // False if only the time has passed. What the news are is not told.
  bool Wait(std::vector<int> readable, absl::Duration patience);

  // What is watched of a log: what is open, and what its path names now.
  struct Watch {
    int open = -1;
    std::string log_id;
    int path = -1;
  };

  // Watches the log at `path`, of which `log_id` is open as `fd`, -1 if none
  // is. Returns whether something is there that was not watched before: then
  // more of it may have come meanwhile.
  bool WatchFile(const std::string& path, int fd, const std::string& log_id,
                 Watch& watch);

 private:
  int inotify_fd_;
  int wake_fd_;
  absl::Status status_;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_LOG_NEWS_H_
