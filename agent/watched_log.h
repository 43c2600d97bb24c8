#ifndef MXBAN_AGENT_WATCHED_LOG_H_
#define MXBAN_AGENT_WATCHED_LOG_H_

// One log and the jails that watch it: each line is read once for all of them.
//
// Thread-compatible; movable.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/line_source.h"
#include "agent/log_news.h"
#include "agent/log_tailer.h"
#include "agent/log_watcher.h"
#include "agent/position_file.h"
#include "filter/line_scanner.h"

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

  // Has whole lines that begin at `offset` read by all to whom they may matter.
  // Returns how much of them is done: less than all if one has to come again or
  // is too long.
  size_t ReadBlock(const LogWatcher::Surroundings& surroundings,
                   absl::string_view lines, uint64_t offset, absl::Time now,
                   LogWatcher::Counts& counts);

  // Of lines up to here nothing is new to anybody.
  uint64_t KnownTo() const;

  // Turns to it anew, each jail where the reader remembers it to be.
  void BeginAgain();

  // Whether `jail` reads it, and not by another name.
  bool IsReadBy(const std::string& jail) const;

  // Whether lines were read ahead that must be read again.
  bool IsAhead() const;

  // How old a line may be that still tells somebody something.
  absl::Duration Memory() const;

  // Has `line` read by those for whom it has `hits`, or who want each line.
  bool ReadScanned(const LogWatcher::Surroundings& surroundings,
                   const LogLine& line, absl::Span<const LineScanner::Hit> hits,
                   absl::Time now, LogWatcher::Counts& counts);

  std::unique_ptr<LogTailer::Guide> guide;  // Of `lines`.
  std::unique_ptr<LineSource> lines;
  bool is_waiting = false;  // With a line that was refused.
  std::vector<Eye> eyes;
  // Of all `eyes`: who changes them, resets it, and it is made anew when it is
  // needed.
  std::optional<LineScanner> scanner;
  std::string log_id;  // That the watchers' positions are in.
  LogNews::Watch watch;
};

// By name.
using WatchedLogs = absl::btree_map<std::string, WatchedLog>;

// Whether `jail` reads the log `log_id` by another name than `name`.
bool IsReadElsewhere(const WatchedLogs& logs, const std::string& name,
                     const std::string& log_id, const std::string& jail);

}  // namespace mxban

#endif  // MXBAN_AGENT_WATCHED_LOG_H_
