#ifndef MXBAN_AGENT_WATCHED_LOG_H_
#define MXBAN_AGENT_WATCHED_LOG_H_

// One log and the jails that watch it: each line is read once for all of them.
//
// Thread-compatible; movable.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/line_source.h"
#include "agent/log_news.h"
#include "agent/log_tailer.h"
#include "agent/log_watcher.h"
#include "agent/position_file.h"

namespace mxban {

struct WatchedLog {
  // A jail's eye on it.
  struct Eye {
    LogWatcher watcher;
    bool is_double = false;  // Reads the same log by another name already.

    // Notes in `positions` where to begin again if the watcher is lost.
    void AddSafePositions(LogPositions& positions) const;
  };

  // Has `line` read by all. False if it has to come again for one of them.
  bool Read(const LogWatcher::Surroundings& surroundings, const LogLine& line,
            absl::Time now, LogWatcher::Counts& counts);

  // How much of `text`, whole lines from `offset` on, tells nobody anything.
  size_t Skippable(absl::string_view text, uint64_t offset);

  // Passes over that much. Returns how many lines are new to somebody.
  uint64_t Skip(absl::string_view text, uint64_t offset, absl::Time now);

  // Turns to it anew, each jail where the reader remembers it to be.
  void BeginAgain();

  // Whether `jail` reads it, and not by another name.
  bool IsReadBy(const std::string& jail) const;

  // Whether lines were read ahead that must be read again.
  bool IsAhead() const;

  // How old a line may be that still tells somebody something.
  absl::Duration Memory() const;

  std::unique_ptr<LogTailer::Guide> guide;  // Of `lines`.
  std::unique_ptr<LineSource> lines;
  bool is_waiting = false;  // With a line that was refused.
  std::vector<Eye> eyes;
  std::string log_id;  // That the watchers' positions are in.
  LogNews::Watch watch;
};

}  // namespace mxban

#endif  // MXBAN_AGENT_WATCHED_LOG_H_
